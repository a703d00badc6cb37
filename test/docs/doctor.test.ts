/** What docs/doctor.md shows is what happens, on a machine in a folder. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { json, PlayedAri } from '../support/ari-server';
import { executable, makeFolder, root } from '../support/inet';
import { layOut, listening, processFiles } from '../support/laid-out-machine';

const run = promisify(execFile);
const page = fs.readFileSync(path.join(root, 'docs/doctor.md'), 'utf8');
const [, shown = ''] = /^```\n# fastagi doctor\n([\s\S]*?)^```$/m.exec(page) ?? [];

const modules = 'res_agi.so    Asterisk Gateway Interface (AGI)    1    Running    core\n';
const dialplan =
  "[ Context 'phones' created by 'pbx_config' ]\n  '4573' => 1. AGI(agi://127.0.0.1:PORT/helo.js)  [extensions.conf:2]\n";

function serve(place: string | number, onConnection: (socket: net.Socket) => void): Promise<net.Server> {
  const server = net.createServer((socket) => onConnection(socket.on('error', () => {})));
  return new Promise((resolve) => {
    const done = () => resolve(server);
    if (typeof place === 'number') server.listen(place, '127.0.0.1', done);
    else server.listen(place, done);
  });
}

describe.runIf(process.getuid?.() === 0)('docs/doctor.md', () => {
  it('shows what is said of such a machine', async () => {
    const place = path.join(makeFolder(), 'ctl');
    const fastagi = await serve(0, (socket) =>
      socket.once('data', () => {
        socket.write('VERBOSE "fastagi: there is no script \\"fastagi-doctor\\": looked for it" 1\n');
        socket.once('data', () => socket.end('FAILURE\n'));
      }),
    );
    const { port } = fastagi.address() as net.AddressInfo;
    const console = await serve(place, (socket) => {
      socket.write('pbx/500/22.10.1\n');
      socket.once('data', (command) =>
        socket.end(String(command).includes('dialplan') ? dialplan.replace('PORT', String(port)) : modules),
      );
    });
    await using ari = await PlayedAri.start((_, response) => json(response, 401, { message: 'no' }));
    const scripts = 'var/lib/asterisk/fastagi';
    const machine = layOut({
      files: {
        ...processFiles(500, ['/usr/sbin/asterisk', '-f'], { uid: 101 }),
        'etc/services': `fastagi ${port}/tcp\n`,
        'proc/net/tcp': listening(port),
        'etc/xinetd.d/fastagi': (text) => text.replace('= 4573', `= ${port}`),
        'etc/asterisk/fastagi.conf': `[ari]\nport=${ari.port}\nusername=jo\npassword=s3cret\n`,
        'etc/asterisk/ari.conf': '[general]\nenabled = yes\n',
        [`${scripts}/menu.js`]: 'module.exports = (agi) => agi.ari();\n',
        'var/lib/asterisk/agi-bin/old.js': '#!/usr/bin/env agi\r\nagi.answer();\r\n',
      },
      modes: { [`${scripts}/menu.js`]: 0o600 },
      links: { 'var/run/asterisk/asterisk.ctl': place, 'proc/200/fd/5': 'socket:[4711]' },
    });
    try {
      const args = [executable('fastagi'), 'doctor', '--root', machine];
      const said = await run(process.execPath, args).catch((error: { stdout: string }) => error);
      const text = said.stdout
        .replaceAll(`:${port}/`, '/')
        .replaceAll(`:${port}`, ':4573')
        .replaceAll(String(ari.port), '8088')
        .replace(/within \d+ ms/, 'within 31 ms');
      expect(text).toBe(shown);
    } finally {
      fastagi.close();
      console.close();
    }
  });

  it('names every option, and no other', async () => {
    const { stdout } = await run(process.execPath, [executable('fastagi'), 'doctor', '--help']);
    const names = (from: string) => [...new Set(from.match(/--[a-z][a-z-]+/g))].sort();
    expect(names(page)).toEqual(names(stdout).filter((name) => !/--(?:help|version)/.test(name)));
  });

  it('names every subject', () => {
    const source = fs.readFileSync(path.join(root, 'src/setup/doctor.ts'), 'utf8');
    for (const [, subject] of source.matchAll(/^ {2}\['([\w-]+)', check/gm))
      expect(page).toMatch(new RegExp(`^\\|[^|]*\\b${subject}\\b`, 'm'));
  });
});
