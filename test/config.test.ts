import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { defaults, readConfig, readPlainIni } from '../src/config';
import { readIni } from '../src/config-problems';
import { makeFolder } from './support/inet';

const folder = makeFolder();

function configOf(text: string | Buffer) {
  const file = path.join(folder, 'fastagi.conf');
  fs.writeFileSync(file, text);
  return readConfig(file);
}

const refusal = (code: string, message: string) =>
  expect.objectContaining({ name: 'RefusedError', code, message });

afterEach(() => {
  vi.unstubAllEnvs();
});

const phpagi = `
[phpagi]
debug=false\t\t\t; enable debuging
error_handler=true\t\t; use internal error handler
admin=errors@example.net\t; mail errors to
hostname=pbx.example.net\t; host name of this server
tempdir=/var/spool/asterisk/tmp/\t; temporary directory for storing temporary output

[asmanager]
server=localhost\t\t; server to connect to
port=5038\t\t\t; default manager port
username=phpagi\t\t; username for login
secret=phpa#gi\t\t; password for login

[fastagi]
setuid=true\t\t\t; drop privileges to owner of script
basedir=/var/lib/asterisk/agi-bin/\t; path to script folder

[festival]
text2wave=/usr/bin/text2wave\t; path to text2wave binary

[cepstral]
swift=/opt/swift/bin/swift\t; path to switft binary
voice=David\t\t\t; default swift voice
`;

test('a phpagi.conf serves as it is', () => {
  expect(configOf(phpagi)).toEqual({
    ...defaults,
    sections: readIni(phpagi),
    file: path.join(folder, 'fastagi.conf'),
    warnings: [],
    debug: false,
    errorHandler: true,
    admin: 'errors@example.net',
    hostname: 'pbx.example.net',
    tempdir: '/var/spool/asterisk/tmp/',
    setuid: true,
    basedir: '/var/lib/asterisk/agi-bin/',
  });
  expect(readIni(phpagi).asmanager?.secret).toBe('phpa#gi');
});

test('all of [fastagi]', () => {
  expect(
    configOf(`[fastagi]
      log = syslog
      log_level = debug
      sendmail = /bin/mail
      max_seconds = 1.5
      hangup_seconds = 0
      linger_seconds = 2000000
      header_seconds = 0.25
      header_bytes = 1024
    `),
  ).toMatchObject({
    warnings: [],
    log: 'syslog',
    logLevel: 'debug',
    sendmail: '/bin/mail',
    maxSeconds: 1.5,
    hangupSeconds: 0,
    lingerSeconds: 2_000_000,
    headerSeconds: 0.25,
    headerBytes: 1024,
  });
});

describe("values, by PHP's rules", () => {
  it.each([
    ['/dev/stderr', 'stderr'],
    ['/dev/stdout', 'stderr'],
    ['/dev/null', '/dev/null'],
    ['/var/log/a', '/var/log/a'],
  ])('log = %s is %s', (value, log) => {
    expect(configOf(`[fastagi]\nlog = ${value}\n`)).toMatchObject({ log, warnings: [] });
  });

  it.each([
    ['ab#cd', 'ab#cd'],
    ['#abc', '#abc'],
    ['  spaced  out  ', 'spaced  out'],
    ['a ; comment', 'a'],
    ['a;b', 'a'],
    ['"a;b"', 'a;b'],
    ['"a#b" ; comment', 'a#b'],
    ["'a;\"b'", 'a;"b'],
    ['"say \\"hi\\" \\\\ there"', 'say "hi" \\ there'],
    ['"C:\\new"', 'C:\\new'],
    ['a=b=c', 'a=b=c'],
    ['a\\b', 'a\\b'],
    ['a"b', 'a"b'],
    ["it's", "it's"],
    ['', undefined],
    ['null', undefined],
    ['""', undefined],
    ['王 Jürgen', '王 Jürgen'],
  ])('admin = %s → %j', (text, admin) => {
    expect(configOf(`[phpagi]\nadmin = ${text}\n`).admin).toBe(admin);
  });

  it.each([
    ...['true', 'TRUE', 'on', 'On', 'yes', '1', '"1"', '"on"', "'yes'"].map((text) => [text, true] as const),
    ...['false', 'False', 'off', 'no', 'none', 'null', '0', '', '""'].map((text) => [text, false] as const),
  ])('debug = %s → %s', (text, debug) => {
    expect(configOf(`[phpagi]\ndebug = ${text}\n`).debug).toBe(debug);
  });

  it('a key without a value is off', () => {
    expect(configOf('[phpagi]\nerror_handler\n').errorHandler).toBe(false);
  });

  it.each([
    ['[agi] is [phpagi]', '[agi]\ndebug=on\n'],
    ['CRLF', '[phpagi]\r\n; comment\r\ndebug = on\r\n'],
    ['a byte order mark', '\ufeff[phpagi]\ndebug=on\n'],
    ['a byte order mark and quotes', '\ufeff[phpagi]\ndebug="on"\n'],
    ['comments of both kinds', '# one\n[phpagi]\n; two\n#debug=off\n debug=on\n'],
    ['a comment behind a section', '[phpagi] ; mine\ndebug=on\n'],
    ['a comment behind a section, with another before it', '[fastagi]\n[phpagi] ; mine\ndebug="on"\n'],
    ['a section twice', '[phpagi]\nadmin=x\n[fastagi]\n[phpagi]\ndebug=on\n'],
    ['the last one counts', '[phpagi]\ndebug=off\ndebug=on\n'],
    ['no newline at the end', '[phpagi]\ndebug=on'],
    ['spaces', '  [phpagi]  \n\tdebug\t=\ton  \n'],
    ["sections of the user's own", '[mine]\nx="y"\n[phpagi]\ndebug=on\n[also.mine]\nz=1\n'],
  ])('%s', (_, text) => {
    expect(configOf(text)).toMatchObject({ debug: true, warnings: [] });
  });
});

test('an unknown key is told of and passed over', () => {
  const { warnings, basedir } = configOf(
    '[fastagi]\nbase_dir=/x\n[festival]\nvoice=x\n[asmanager]\nusrname=x\n[phpagi]\ntoString=1\n',
  );
  expect(basedir).toBe(defaults.basedir);
  const file = path.join(folder, 'fastagi.conf');
  expect(warnings).toEqual([
    expect.stringMatching(`^${file}: \\[fastagi\\] base_dir: there is no such key.* basedir,`),
    expect.stringMatching(`^${file}: \\[festival\\] voice: there is no such key`),
    expect.stringMatching(`^${file}: \\[asmanager\\] usrname: .* \\(did you mean username\\?\\),`),
    expect.stringMatching(`^${file}: \\[phpagi\\] toString: there is no such key`),
  ]);
  for (const warning of warnings) expect(warning).not.toContain('\n');
});

test.each([
  ['a slip', '[asmanger]\nserver=x\nsecret=y\n', '[asmanger]', '[asmanager]'],
  ['another spelling', '[FastAGI]\nbasedir=/x\n', '[FastAGI]', '[fastagi]'],
  ['of speech', '[tss]\nengine=flite\n', '[tss]', '[tts]'],
  ['of speech, in capitals', '[TTS]\nvoice=x\n', '[TTS]', '[tts]'],
  ['of the REST interface', '[Ari]\nhost=x\n', '[Ari]', '[ari]'],
  ["of phpari's", '[asterisk-ari]\nhost=x\n', '[asterisk-ari]', '[asterisk_ari]'],
])('a section that is misspelt is told of: %s', (_, text, section, meant) => {
  expect(configOf(text).warnings).toEqual([
    `${path.join(folder, 'fastagi.conf')}: ${section}: there is no such section (did you mean ${meant}?), and what it says is passed over`,
  ]);
});

test.each([
  ['it has none of the keys', '[festivals]\nmay=x\n'],
  ['the other one is there, too', '[fastagi]\nbasedir=/x\n[fastagi2]\nbasedir=/y\n'],
  ['any name of three letters is near', '[api]\nhost=x\nusername=y\npassword=z\n'],
  ['it has an odd name', '[__proto__]\ndebug=on\n'],
])("a section of the user's own is none that is misspelt: %s", (_, text) => {
  expect(configOf(text).warnings).toEqual([]);
});

test.each([
  ['a file with nothing else', 'basedir=/x\n', 'basedir', '[fastagi]'],
  ['before the first one', 'mine=1\nserver=x\nport=1\n[fastagi]\n', 'server', '[asmanager]'],
  ['of more than one', 'username=x\n', 'username', '[asmanager] or [ari] or [asterisk_ari]'],
])('a key in front of every section is told of: %s', (_, text, key, home) => {
  expect(configOf(text).warnings).toEqual([
    `${path.join(folder, 'fastagi.conf')}: ${key} stands in front of every section, and is passed over: it belongs below ${home}`,
  ]);
});

test("a key of the user's own may stand in front of every section", () => {
  expect(configOf('mine=1\n[fastagi]\nlog_level=debug\n')).toMatchObject({ warnings: [], logLevel: 'debug' });
});

test.each(['', 'none', 'off', '"" ; nothing'])(
  'log = %s leaves it to the way that the call came',
  (value) => {
    expect(configOf(`[fastagi]\nlog = ${value}\n`).log).toBeUndefined();
  },
);

test('a file in UTF-16 is refused', () => {
  expect(() => configOf(Buffer.from('\ufeff[fastagi]\nbasedir = /x\n', 'utf16le'))).toThrow(
    refusal(
      'CONFIG_UNREADABLE',
      `the configuration ${path.join(folder, 'fastagi.conf')} is no text in UTF-8: there are NUL bytes in it, as in a file that was saved as "Unicode" (UTF-16)`,
    ),
  );
});

describe('a value of the wrong kind is refused', () => {
  it.each([
    ['phpagi', 'debug', 'maybe', 'on or off (yes, no, true, false, 1, 0)'],
    ['phpagi', 'debug', '2', 'on or off (yes, no, true, false, 1, 0)'],
    ['agi', 'error_handler', 'x', 'on or off (yes, no, true, false, 1, 0)'],
    ['phpagi', 'tempdir', 'tmp', 'an absolute path'],
    ['fastagi', 'basedir', '', 'an absolute path'],
    ['fastagi', 'basedir', '../x', 'an absolute path'],
    ['fastagi', 'setuid', 'root', 'on or off (yes, no, true, false, 1, 0)'],
    ['fastagi', 'log', 'file', 'stderr, syslog or an absolute path'],
    ['fastagi', 'log_level', 'notice', 'one of error, warning, info, debug'],
    ['fastagi', 'max_seconds', '-1', 'a number of seconds, 0 to 2000000'],
    ['fastagi', 'max_seconds', '10s', 'a number of seconds, 0 to 2000000'],
    ['fastagi', 'max_seconds', '2000001', 'a number of seconds, 0 to 2000000'],
    ['fastagi', 'hangup_seconds', '1e3', 'a number of seconds, 0 to 2000000'],
    ['fastagi', 'header_seconds', '', 'a number of seconds, 0 to 2000000'],
    ['fastagi', 'header_bytes', '1023', 'a number of bytes, 1024 or more'],
    ['fastagi', 'header_bytes', '64k', 'a number of bytes, 1024 or more'],
  ])('[%s] %s = %s', (section, key, value, due) => {
    const file = path.join(folder, 'fastagi.conf');
    const message = `${file}: [${section}] ${key} is ${JSON.stringify(value)}, and must be ${due}`;
    expect(() => configOf(`[${section}]\n${key} = ${value}\n`)).toThrow(refusal('CONFIG_VALUE', message));
  });
});

describe('the file', () => {
  it('that is named and not there', () => {
    const file = path.join(folder, 'none.conf');
    const message = `the configuration ${file} cannot be read: there is no such file`;
    expect(() => readConfig(file)).toThrow(refusal('CONFIG_UNREADABLE', message));
  });

  it('that is a folder', () => {
    expect(() => readConfig(folder)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNREADABLE',
        message: expect.stringContaining('it is a folder'),
      }),
    );
  });

  it('of FASTAGI_CONFIG, where none is named', () => {
    const file = path.join(folder, 'env.conf');
    fs.writeFileSync(file, '[phpagi]\nadmin=env\n');
    vi.stubEnv('FASTAGI_CONFIG', file);
    expect(readConfig()).toMatchObject({ file, admin: 'env' });
    expect(configOf('[phpagi]\nadmin=named\n').admin).toBe('named');
  });

  it('that is empty gives what holds without one', () => {
    expect(configOf('')).toEqual({ ...defaults, file: path.join(folder, 'fastagi.conf') });
  });
});

describe('what is plain is read without the ini package', () => {
  it.each([
    ['[agi]\nadmin=c\n', { agi: { admin: 'c' } }],
    ['[fastagi]\nlog = c d#e \n# x\n; y\n\n', { fastagi: { log: 'c d#e' } }],
    ['[a]\nadmin=c\n', undefined],
    ['[agi]\nb=c\n', undefined],
    ['', {}],
    ['[agi]\nadmin="c"\n', undefined],
    ['[agi]\nadmin=c ; d\n', undefined],
    ['[agi]\nadmin=c\\d\n', undefined],
    ['[agi]\nadmin\n', undefined],
    ['admin=c\n', undefined],
    ['[agi.b]\nadmin=d\n', undefined],
    ['[agi]\nadmin[]=c\n', undefined],
  ])('%j → %j', (text, sections) => {
    const read = readPlainIni(text);
    expect(read && JSON.parse(JSON.stringify(read))).toEqual(sections);
  });

  it('and to the same', () => {
    const space = fc.constantFrom('', ' ', '\t', '  ', '\u00a0', '\f');
    const name = fc.oneof(
      fc.constantFrom(
        'fastagi',
        'phpagi',
        'agi',
        'basedir',
        'log',
        'admin',
        'debug',
        'constructor',
        'toString',
        'hasOwnProperty',
      ),
      fc.stringMatching(/^[a-zA-Z]\w{0,5}$/),
    );
    const value = fc.oneof(
      fc.constantFrom(
        'true',
        'false',
        'null',
        '1',
        '1e3',
        '',
        '[x]',
        '{}',
        '$1',
        '=',
        '#',
        'a=b',
        '!x',
        '&<>',
        '$' + '{x}',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    const line = fc.oneof(
      fc.tuple(space, name, space).map(([a, b, c]) => `${a}[${b}]${c}`),
      fc
        .tuple(space, name, space, space, value, space)
        .map(([a, b, c, d, e, f]) => `${a}${b}${c}=${d}${e}${f}`),
      fc.tuple(space, fc.constantFrom(';', '#'), value).map((parts) => parts.join('')),
      space,
    );
    const file = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
    let plain = 0;
    fc.assert(
      fc.property(file, (text) => {
        const read = readPlainIni(text);
        if (read === undefined) return;
        plain++;
        const entries = (sections: object) =>
          Object.entries(sections).map(([name, keys]) => [name, Object.entries(keys)]);
        expect(entries(read)).toEqual(entries(readIni(text)));
      }),
      { numRuns: 2000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it('leaves the world as it was', () => {
    const read = configOf('[constructor]\nmine=1\n[fastagi]\nbasedir=/x\n');
    expect('mine' in Object).toBe(false);
    expect(read.basedir).toBe('/x');
    expect(configOf('[constructor]\nname=1\nprototype=2\n[hasOwnProperty]\nname=1\n')).toMatchObject({
      warnings: [],
    });
  });
});

test('[tts] has keys that only a call that speaks reads, and no file is slower to read for them', () => {
  const text = '[tts]\nengine = flite\nanything = at all\n[fastagi]\nsetuid = true\n';
  expect(readPlainIni(text)).toEqual({
    tts: { engine: 'flite', anything: 'at all' },
    fastagi: { setuid: 'true' },
  });
  expect(configOf(text)).toMatchObject({
    setuid: true,
    warnings: [],
    sections: { tts: { engine: 'flite' } },
  });
});

test.each([
  ['[fastagi\nbasedir=/x\n', 1, '[fastagi'],
  ['; a comment\r\n[phpagi]\r\ndebug=on\r\n  [fastagi ; here\r\nbasedir=/x\r\n', 4, '[fastagi ; here'],
  ['[tts]\n[\n', 2, '['],
])('a section without its end is refused, where nothing would be read of it: %j', (text, line, shown) => {
  expect(() => configOf(text)).toThrow(
    refusal(
      'CONFIG_SECTION',
      `${path.join(folder, 'fastagi.conf')}, line ${line}: ${JSON.stringify(shown)} begins a section, and the ] behind its name is missing`,
    ),
  );
});
