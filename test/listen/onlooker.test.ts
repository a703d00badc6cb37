/** What a person sees who starts `fastagi listen` by hand, while the log is a file. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { requestFor } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';

const children: ChildProcess[] = [];
const servers: number[] = [];
afterEach(() => {
  for (const pid of servers.splice(0)) {
    try {
      process.kill(pid);
    } catch {
      // it has ended by itself
    }
  }
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Place {
  readonly basedir?: string;
  readonly log?: string;
  readonly args?: readonly string[];
}

/** The command line of a server whose log is a file, and that file. */
function serverOf({ basedir = makeFolder(), log, args = [] }: Place): { words: string[]; log: string } {
  const folder = makeFolder();
  const file = log ?? path.join(folder, 'log');
  writeFileSync(path.join(folder, 'fastagi.conf'), `[fastagi]\nbasedir=${basedir}\nlog=${file}\n`);
  const words = [executable('fastagi'), 'listen', '--config', `${folder}/fastagi.conf`, '--port', '0'];
  return { words: [process.execPath, ...words, ...args], log: file };
}

/** Standard error as the pipe that a shell makes: between two processes of Node's it would be a socket. */
function inPipe(words: readonly string[]): { ended: Promise<string>; shows(pattern: RegExp): Promise<void> } {
  const child = spawn('sh', ['-c', '"$@" 2>&1 >/dev/null | { cat; echo END; }', 'sh', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  children.push(child);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const pid = /; process (\d+)/.exec(output)?.[1];
    if (pid !== undefined && !servers.includes(Number(pid))) servers.push(Number(pid));
  });
  return {
    ended: new Promise((resolve) => child.once('close', () => resolve(output))),
    shows: (pattern) => expect.poll(() => output, { timeout: 20_000 }).toMatch(pattern),
  };
}

const idle = ['--idle-seconds', '0.2'];

describe('a pipe', () => {
  it('shows that it listens, and ends then', async () => {
    const { words, log } = serverOf({});
    const seen = inPipe(words);
    await seen.shows(/^fastagi listen: listening on 127\.0\.0\.1:\d+; .*; process \d+\nEND\n$/);
    expect(readFileSync(log, 'utf8')).toMatch(/ info .* listening on/);
    // it is the server that has closed it, and it goes on
    expect(servers).toHaveLength(1);
    expect(() => process.kill(servers[0] as number, 0)).not.toThrow();
  });

  it('shows why it does not start', async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as net.AddressInfo;
    const { words, log } = serverOf({ args: ['--port', String(port)] });
    try {
      const output = await inPipe(words).ended;
      expect(output).toMatch(/^fastagi listen: .*another program listens there already.*\nEND\n$/);
      expect(readFileSync(log, 'utf8')).toContain('another program listens there already');
    } finally {
      other.close();
    }
  });

  it('shows that there is no folder of scripts, and what to do', async () => {
    const basedir = path.join(makeFolder(), 'none');
    const { words, log } = serverOf({ basedir, args: idle });
    const told = `the folder of the scripts, ${basedir}, is not there: no call will find one. mkdir -p ${basedir}, or name another by [fastagi] basedir in `;
    expect(await inPipe(words).ended).toContain(`fastagi listen: ${told}`);
    expect(readFileSync(log, 'utf8')).toContain(told);
  });

  it('shows that more processes are to wait than there may be', async () => {
    const { words } = serverOf({ args: [...idle, '--processes', '2', '--spare', '5'] });
    expect(await inPipe(words).ended).toContain(
      'fastagi listen: 5 processes are to be kept ready ([listen] spare), and there may be 2 ([listen] processes): 2 are kept\n',
    );
  });

  it('that is the log shows all of it once', async () => {
    const { words } = serverOf({ log: 'stderr', args: idle });
    const output = await inPipe(words).ended;
    expect(output.match(/listening on/g)).toHaveLength(1);
    expect(output).toMatch(/ info .* stopped/);
  });
});

it('a terminal shows it, too', () => {
  const { words } = serverOf({ args: idle });
  const command = words.map((word) => `'${word}'`).join(' ');
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, SHELL: '/bin/sh' },
    timeout: 30_000,
  });
  expect(stdout).toMatch(/^fastagi listen: listening on 127\.0\.0\.1:\d+/);
});

it.runIf(process.getuid?.() === 0)(
  "a terminal is root's own: a script that becomes its owner can neither type there nor read what is typed",
  async () => {
    const basedir = makeFolder({
      'asks.js': `const fs = require('fs');
        // behind the name: state, parent, group, session, terminal
        const terminal = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[4];
        const [, flags] = /^flags:\\s+(\\d+)/m.exec(fs.readFileSync('/proc/self/fdinfo/2', 'utf8'));
        agi.verbose([process.getuid(), require('tty').isatty(2), terminal, parseInt(flags, 8) & 3].join(' '))`,
    });
    for (let folder = basedir; folder !== tmpdir(); folder = path.dirname(folder)) chmodSync(folder, 0o755);
    chownSync(path.join(basedir, 'asks.js'), 1, 1);
    const folder = makeFolder({ 'fastagi.conf': `[fastagi]\nbasedir=${basedir}\nlog=stderr\nsetuid=on\n` });
    const words = [executable('fastagi'), 'listen', '--config', `${folder}/fastagi.conf`, '--port', '0'];
    const command = [process.execPath, ...words].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, SHELL: '/bin/sh' },
    });
    children.push(child);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(/listening on .*; process \d+/);
    const [, port, pid] = /listening on 127\.0\.0\.1:(\d+);.*process (\d+)/.exec(output) as RegExpExecArray;
    servers.push(Number(pid));
    const socket = net.connect(Number(port), '127.0.0.1');
    const said = new Promise<string>((resolve) => socket.once('data', (text) => resolve(String(text))));
    socket.write(requestFor('asks'));
    // the log's terminal, no terminal to be controlled by, and that of the log for writing only
    expect(await said).toBe('VERBOSE "1 true 0 1" 1\n');
    socket.destroy();
  },
);

it("systemd's journal has an entry's level as its own, and needs no time and no process", async () => {
  const basedir = makeFolder({ 'prints.js': "console.error('two\\nlines'); agi.verbose('cool')" });
  const folder = makeFolder({ journal: '', 'fastagi.conf': `[fastagi]\nbasedir=${basedir}\n` });
  const journal = openSync(path.join(folder, 'journal'), 'a');
  const { dev, ino } = fstatSync(journal);
  const child = spawn(
    process.execPath,
    [executable('fastagi'), 'listen', '--config', `${folder}/fastagi.conf`, '--port', '0'],
    {
      stdio: ['ignore', 'ignore', journal],
      env: { PATH: process.env.PATH, JOURNAL_STREAM: `${dev}:${ino}` },
    },
  );
  closeSync(journal);
  children.push(child);
  const said = () => readFileSync(path.join(folder, 'journal'), 'utf8');
  await expect.poll(said, { timeout: 20_000 }).toMatch(/^<6>info listen: listening on .*\n/);
  const socket = net.connect(Number(/127\.0\.0\.1:(\d+)/.exec(said())?.[1]), '127.0.0.1');
  socket.write(requestFor('prints'));
  await expect.poll(said, { timeout: 20_000 }).toContain('\n<3>error prints.js: two\n<3>    lines\n');
  socket.destroy();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
});
