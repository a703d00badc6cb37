/** Whatever the files of a machine say, there is something to be said of it. */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { examine } from '../../src/setup/doctor';
import { Machine } from '../../src/setup/machine';
import { layOut, processFiles } from '../support/laid-out-machine';

const unit = '[Service]\nUser=asterisk\nExecStart=/usr/bin/node /usr/local/bin/fastagi listen\n';

/** What an administrator writes, and what is broken about it. */
const pieces = [
  ...[
    '[',
    ']',
    '{',
    '}',
    '=',
    '=>',
    ';',
    '#',
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    '\0',
    '\ufeff',
    ' ',
    '\t',
    ':',
    ',',
  ],
  ...[
    'service fastagi\n{\n',
    'server = ',
    'server_args = ',
    '/usr/local/bin/fastagi',
    'listen',
    '--config',
    'user = ',
  ],
  ...[
    'port = 99999',
    'disable = yes',
    'only_from = x/999',
    '0.0.0.0/0',
    'includedir /',
    'includedir .',
    '..',
  ],
  ...[
    '[fastagi]\n',
    '[tts]\n',
    '[asmanager]\n',
    '[ari]\n',
    'basedir=/',
    'basedir=/proc',
    'log=/',
    'trace=/',
    'setuid=on',
  ],
  ...[
    'username=x\n',
    'secret=x\n',
    'password=x\n',
    'port=1\n',
    'server=::1\n',
    'url=http://[::1]:1\n',
    'engine=command\n',
  ],
  ...[
    '#!/usr/bin/env ',
    'agi',
    'node',
    '-S',
    '[Service]\n',
    'ExecStart=',
    'ListenStream=',
    'root:x:0:0::/:\n',
    'x'.repeat(300),
  ],
];

it('is examined without a fault', async () => {
  const folder = layOut({
    files: {
      'etc/systemd/system/fastagi.service': unit,
      'etc/systemd/system/fastagi.socket': '[Socket]\nListenStream=127.0.0.1:1\n',
      'etc/asterisk/asterisk.conf': '',
      'etc/asterisk/manager.conf': '',
      'etc/asterisk/http.conf': '',
      'var/lib/asterisk/agi-bin/a.js': '',
      'proc/net/tcp': '',
      ...processFiles(500, ['/usr/sbin/asterisk', '-f'], { uid: 101 }),
    },
    modes: { 'var/lib/asterisk/agi-bin/a.js': 0o755 },
  });
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(?:etc|proc|var)\//.test(name) && fs.statSync(path.join(folder, name)).isFile());
  const texts = new Map(files.map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]));
  const broken = fc.tuple(
    fc.constantFrom(...files),
    fc.oneof(
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((words) => words.join('')),
      fc.string({ unit: 'binary', maxLength: 100 }),
    ),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(broken, { minLength: 1, maxLength: 4 }), async (changes) => {
      for (const [name, text, behind] of changes)
        fs.writeFileSync(path.join(folder, name), behind ? texts.get(name) + text : text);
      try {
        const { findings } = await examine({
          machine: new Machine(folder),
          node: '/usr/bin/node',
          executable: '/usr/local/bin/fastagi',
        });
        expect(findings.length).toBeGreaterThan(3);
        for (const { text } of findings) expect(text).not.toMatch(/could not be looked at|undefined|NaN/);
      } finally {
        for (const [name] of changes) fs.writeFileSync(path.join(folder, name), texts.get(name) as string);
      }
    }),
    { numRuns: 40 },
  );
}, 100_000);
