// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Asterisk } from './support/asterisk';
import { hasNodeBinaries, missingParts, nodeBinary, perlAgiFolder, prepareParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

describe.skipIf(missing)(`the real parts${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => prepareParts(console.error), 600_000);

  describe.each([16, 22] as const)('Asterisk %i', (version) => {
    it('runs the dialplan on a channel with no phone', async () => {
      await using asterisk = await Asterisk.start({
        version,
        extensions: dialplan('Set(X=forty two)', 'Verbose(1,hello from ${CHANNEL(name)}: ${TOUPPER(${X})})'),
      });
      expect(await asterisk.command('core show version')).toContain(`Asterisk ${version}.`);
      await asterisk.originate('leg@test', 'script@test');
      expect(await asterisk.waitForLog('app_verbose.c: hello')).toContain(
        'hello from Local/leg@test-00000000;1: FORTY TWO',
      );
      expect(errors(asterisk)).toEqual([]);
    });

    it('plays a sound file', async () => {
      await using asterisk = await Asterisk.start({
        version,
        extensions: dialplan('Playback(beep)', 'Verbose(1,played: ${PLAYBACKSTATUS})'),
      });
      await asterisk.originate('leg@test', 'script@test');
      await asterisk.waitForLog('played: SUCCESS');
    });

    it('calls a FastAGI server of the test', async () => {
      const server = createServer((socket) => {
        createInterface({ input: socket }).on('line', (line) => {
          if (line === '') socket.write('VERBOSE "hello from the test" 1\n');
          if (line.startsWith('200 ')) socket.end();
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        await using asterisk = await Asterisk.start({
          version,
          extensions: dialplan(`AGI(agi://127.0.0.1:${port}/hello)`, 'Verbose(1,agi: ${AGISTATUS})'),
        });
        await asterisk.command('agi set debug on');
        await asterisk.originate('leg@test', 'script@test');
        await asterisk.waitForLog('AGI Tx >> 200 result=1');
        await asterisk.waitForLog('agi: SUCCESS');
        expect(asterisk.log()).toContain('hello from the test');
      } finally {
        server.close();
      }
    });

    it('starts a classic AGI script, by a relative name, with what is bound on its PATH', async () => {
      await using asterisk = await Asterisk.start({
        version,
        extensions: dialplan('AGI(hello.js,one)', 'Verbose(1,agi: ${AGISTATUS})'),
        bind: [{ from: join(import.meta.dirname, 'support/cache.ts'), to: '/usr/local/bin/thing' }],
        env: { FASTAGI_TEST: 'passed on' },
      });
      writeFileSync(join(asterisk.agiBin, 'hello.js'), classicScript, { mode: 0o755 });
      await asterisk.originate('leg@test', 'script@test');
      await asterisk.waitForLog(`classic ${process.version} one passed on true`);
      await asterisk.waitForLog('agi: SUCCESS');
      expect(asterisk.output()).toContain('on stderr');
    });

    it('leaves no process, no mount and no file', async () => {
      const mounts = readFileSync('/proc/mounts', 'utf8');
      const asterisk = await Asterisk.start({
        version,
        extensions: dialplan('AGI(stay.js)'),
      });
      const stay = '#!/usr/bin/env node\nprocess.on("SIGHUP", () => {});\nsetInterval(() => {}, 1000);\n';
      writeFileSync(
        join(asterisk.agiBin, 'stay.js'),
        `${stay}process.stdout.write('VERBOSE staying 1\\n');\n`,
        {
          mode: 0o755,
        },
      );
      await asterisk.originate('leg@test', 'script@test');
      await asterisk.waitForLog('staying');
      const processes = asterisk.processes();
      expect(processes).toHaveLength(2);
      expect(processes).toContain(asterisk.pid);
      await asterisk.stop();
      await asterisk.stop();
      expect(asterisk.processes()).toEqual([]);
      expect(readFileSync('/proc/mounts', 'utf8')).toBe(mounts);
      expect(existsSync(asterisk.home)).toBe(false);
    });
  });

  it('runs two of each version at once, all apart', async () => {
    const extensions = dialplan('Set(DB(a/b)=${PID})', 'Verbose(1,kept ${DB(a/b)})');
    const all = await Promise.all(
      ([16, 22, 16, 22] as const).map((version) => Asterisk.start({ version, extensions })),
    );
    try {
      for (const asterisk of all) await asterisk.command(`database put a mine ${asterisk.pid}`);
      for (const asterisk of all)
        expect(await asterisk.command('database get a mine')).toContain(`Value: ${asterisk.pid}`);
    } finally {
      await Promise.all(all.map((asterisk) => asterisk.stop()));
    }
  });

  it('says why Asterisk did not start, and when a server is gone', async () => {
    const broken = { 'modules.conf': '[modules]\nautoload = no\nrequire = nothing.so' };
    await expect(Asterisk.start({ version: 22, extensions: '', config: broken })).rejects.toThrow(/nothing/);
    const bind = ['/no/such/file'];
    await expect(Asterisk.start({ version: 22, extensions: '', bind })).rejects.toThrow(/no\/such\/file/);
    const asterisk = await Asterisk.start({ version: 16, extensions: '' });
    const waiting = expect(asterisk.waitForLog('never')).rejects.toThrow(/ended.*never.*Asterisk Ready/s);
    process.kill(asterisk.pid, 'SIGKILL');
    await waiting;
    await expect(asterisk.command('core show uptime')).rejects.toThrow();
    await asterisk.stop();
  });

  describe('xinetd', () => {
    it('hands a connection to the server as its stdin and stdout', async () => {
      await using xinetd = await Xinetd.start({
        echo: 'server = /bin/cat',
        libraries: 'server = /bin/sh\nserver_args = -c "echo=${LD_LIBRARY_PATH-none};exec$IFS/usr/bin/env"',
      });
      expect(await exchange(xinetd.port('echo'), 'to and fro')).toBe('to and fro');
      expect(await xinetd.waitForLog('EXIT: echo')).toContain('status=0');
      const environment = await exchange(xinetd.port('libraries'), '');
      expect(environment).not.toContain('LD_LIBRARY_PATH');
    });

    it('runs a service file as shipped but for what is replaced', async () => {
      const shipped =
        '# shipped\nservice fast\n{\n\tport        = 4573\n\tdisable     = yes\n\tuser = www\n\tcps = 100 1\n}\n';
      await using xinetd = await Xinetd.startFile(shipped, {
        socket_type: 'stream',
        protocol: 'tcp',
        wait: 'no',
        user: 'nobody',
        server: '/usr/bin/id',
        server_args: '-un',
      });
      expect(xinetd.port('fast')).not.toBe(4573);
      expect(await exchange(xinetd.port('fast'), '')).toBe('nobody\n');
    });

    it('says what is wrong with a service', async () => {
      await expect(Xinetd.start({ bad: 'server = /bin/nothing' })).rejects.toThrow(
        /nothing is not executable/,
      );
    });

    it('leaves no process, and no file', async () => {
      const xinetd = await Xinetd.start({ echo: 'server = /bin/cat' });
      const socket = connect(xinetd.port('echo'), '127.0.0.1');
      socket.write('still here');
      await once(socket, 'data');
      const server = Number(/pid=(\d+)/.exec(await xinetd.waitForLog('START: echo'))?.[1]);
      expect(xinetd.processes().sort()).toEqual([xinetd.pid, server].sort());
      const closed = once(socket, 'close');
      socket.on('error', () => {});
      await xinetd.stop();
      await closed;
      expect(xinetd.processes()).toEqual([]);
    });
  });

  it("has Perl's Asterisk::AGI, for the host's perl", async () => {
    const args = ['-I', await perlAgiFolder(), '-MAsterisk::AGI', '-e', 'print ref Asterisk::AGI->new'];
    expect((await promisify(execFile)('perl', args)).stdout).toBe('Asterisk::AGI');
  });

  it.skipIf(!hasNodeBinaries())('has other versions of Node.js', async () => {
    for (const major of [22, 24, 26] as const) {
      const { stdout } = await promisify(execFile)(await nodeBinary(major), ['--version']);
      expect(stdout).toMatch(new RegExp(`^v${major}\\.`));
    }
  });
});

/** The far half of the channel answers and waits; the near half is the script's. */
function dialplan(...steps: string[]): string {
  const [first, ...rest] = steps;
  return [
    '[test]',
    'exten => leg,1,Answer()',
    'same => n,Wait(60)',
    `exten => script,1,${first}`,
    ...rest.map((step) => `same => n,${step}`),
    'same => n,Hangup()',
  ].join('\n');
}

const classicScript = `#!/usr/bin/env node
const { existsSync } = require('node:fs');
console.error('on stderr');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const arg = /^agi_arg_1: (.*)/.exec(line);
  if (arg) global.arg = arg[1];
  const words = [process.version, global.arg, process.env.FASTAGI_TEST, existsSync('/usr/local/bin/thing')];
  if (line === '') process.stdout.write('VERBOSE "classic ' + words.join(' ') + '" 1\\n');
  if (line.startsWith('200')) process.exit();
});
`;

function errors(asterisk: Asterisk): string[] {
  return asterisk
    .log()
    .split('\n')
    .filter((line) => / (ERROR|WARNING)\[/.test(line)); // prettier
}

/** What a server answers to `text` until it closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}
