import { describe, expect, it } from 'vitest';
import { completeService, overrideService } from './xinetd-service';

describe('overrideService', () => {
  it('replaces what is there, adds what is not, and keeps the rest to the byte', () => {
    const text = '# x\nservice a\n{\n  user  = b # no comment in xinetd\n\tenv += X=1\n# }\n}\n# y\n';
    expect(overrideService(text, { user: '$1', cps: '5 1' })).toBe(
      '# x\nservice a\n{\n  user  = $1\n\tenv += X=1\n# }\n\tcps = 5 1\n}\n# y\n',
    );
  });

  it('refuses a text with no service or two', () => {
    expect(() => overrideService('defaults\n{\n}\n', {})).toThrow('found 0');
    expect(() => overrideService('service a\n{\n}\nservice b\n{\n}\n', {})).toThrow('found 2');
  });

  it('replaces a value that is added to', () => {
    expect(overrideService('service a\n{\n\tenv += X=1\n}\n', { env: 'Y=2' })).toBe(
      'service a\n{\n\tenv += Y=2\n}\n',
    );
  });
});

describe('completeService', () => {
  it('adds what is missing and changes nothing that is there', () => {
    expect(completeService('service a\n{\nwait=yes\n# port = 9\n}\n', { wait: 'no', port: 1 })).toBe(
      'service a\n{\nwait=yes\n# port = 9\n\tport = 1\n}\n',
    );
  });
});
