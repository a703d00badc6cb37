/** `fastagi doctor` on a machine with the real xinetd and the real Asterisk: well, and with one thing broken at a time. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/setup/findings';
import { isOfHere } from '../../src/setup/surroundings';
import { executable, root } from '../support/inet';
import { type AriServer, freePort, startAri } from './support/ari';
import { missingParts } from './support/parts';
import { inDebian } from './support/plain-debian';
import { Xinetd } from './support/xinetd';

const missing = missingParts();
const shipped = fs.readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');
/** The one user beside root that every machine has. */
const NOBODY = 65_534;

interface Told {
  readonly code: number;
  readonly findings: readonly Finding[];
}

describe.skipIf(missing).each([16, 22] as const)(
  `with Asterisk %s${missing ? ` (${missing})` : ''}`,
  (version) => {
    /** Open to everybody, as what a service has must be; what tests make otherwise is not. */
    let open: string;
    let xinetd: Xinetd;
    let ari: AriServer;
    let port: number;
    let amiPort: number;
    const at = (name: string) => path.join(open, name);

    beforeAll(async () => {
      open = fs.mkdtempSync('/tmp/fastagi-open-');
      fs.chmodSync(open, 0o755);
      for (const name of ['m', 'proc', 'scripts', 'log']) fs.mkdirSync(at(name), { mode: 0o755 });
      fs.chownSync(at('log'), NOBODY, NOBODY);
      for (const name of ['fastagi', 'agi', 'fastagi-commands.mjs', 'package.json'])
        fs.copyFileSync(path.join(path.dirname(executable('fastagi')), name), at(name));
      fs.copyFileSync(process.execPath, at('node'), fs.constants.COPYFILE_FICLONE);
      for (const name of ['fastagi', 'agi', 'node']) fs.chmodSync(at(name), 0o755);
      fs.writeFileSync(at('scripts/hello.js'), "agi.verbose('hello');\n");
      fs.writeFileSync(
        at('scripts/asks.js'),
        'module.exports = async (agi) => [await agi.manager(), await agi.ari()];\n',
      );
      xinetd = await Xinetd.startFile(shipped, {
        user: 'nobody',
        server: at('node'),
        server_args: `--no-rehash-snapshot ${at('fastagi')} --config ${at('fastagi.conf')}`,
      });
      port = xinetd.port('fastagi');
      showXinetd();
      amiPort = await freePort();
      ari = await startAri({
        version,
        extensions: dialplan('hello.js'),
        config: {
          'manager.conf': `[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=${amiPort}\n[jo]\nsecret=right-one\nread=all\nwrite=all\n`,
        },
      });
      fs.writeFileSync(
        at('fastagi.conf'),
        [
          `[fastagi]\nbasedir=${at('scripts')}\nlog=${at('log/fastagi.log')}`,
          `[asmanager]\nport=${amiPort}\nusername=jo\nsecret=right-one`,
          `[ari]\nport=${ari.port}\nusername=${ari.username}\npassword=${ari.password}\n`,
        ].join('\n'),
      );
      fs.chownSync(at('fastagi.conf'), 0, NOBODY);
      fs.chmodSync(at('fastagi.conf'), 0o640);
      const { agiBin } = ari.asterisk;
      fs.writeFileSync(
        path.join(agiBin, 'hello.js'),
        `#!${at('node')} ${at('agi')}\nagi.verbose('hello');\n`,
      );
      fs.chmodSync(path.join(agiBin, 'hello.js'), 0o755);
      fs.symlinkSync(`/proc/${ari.asterisk.pid}`, at(`proc/${ari.asterisk.pid}`));
    }, 120_000);

    afterAll(async () => {
      await ari?.[Symbol.asyncDispose]();
      await xinetd?.stop();
      fs.rmSync(open, { recursive: true, force: true });
    });

    const dialplan = (script: string) =>
      `[test]\nexten => s,1,AGI(agi://127.0.0.1:${port}/${script})\nsame => n,AGI(hello.js)\n`;

    /** Only these two are this machine's: others that run here at the same time are not. */
    function showXinetd(): void {
      for (const name of ['net', 'stat']) fs.symlinkSync(`/proc/${name}`, at(`proc/${name}`));
      // it is run by a loader of its own, whose name the kernel tells; and its file goes when it ends
      const shown = at(`proc/${xinetd.pid}`);
      fs.mkdirSync(shown);
      for (const name of ['environ', 'fd'])
        fs.symlinkSync(`/proc/${xinetd.pid}/${name}`, path.join(shown, name));
      const read = (name: string) => fs.readFileSync(`/proc/${xinetd.pid}/${name}`, 'utf8');
      const words = read('cmdline').split('\0');
      const file = words[words.indexOf('-f') + 1] as string;
      fs.copyFileSync(file, serviceFile());
      fs.writeFileSync(path.join(shown, 'stat'), read('stat').replace(/\(.*\)/, '(xinetd)'));
      fs.writeFileSync(path.join(shown, 'status'), read('status'));
      fs.writeFileSync(path.join(shown, 'cmdline'), read('cmdline').replace(file, serviceFile()));
    }

    const serviceFile = () => at('xinetd.conf');

    /** Looks at this machine, but for its processes. */
    function doctor(user = 0): Promise<Told> {
      const script = 'mount --rbind / "$1" && mount --bind "$2" "$1/proc" && shift 2 && exec "$@"';
      const become = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
      const command = [at('node'), at('fastagi'), 'doctor', '--json', '--root', at('m')];
      const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', at('m'), at('proc')];
      const options = { timeout: 30_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };
      return new Promise((resolve, reject) => {
        execFile('unshare', [...args, ...become, ...command], options, (error, stdout, stderr) => {
          try {
            expect(stderr).toBe('');
            const told = JSON.parse(stdout) as Told;
            expect(told.code).toBe(error?.code ?? 0);
            resolve(told);
          } catch (problem) {
            reject(problem);
          }
        });
      });
    }

    /** What is not well; that the disk here is full is nothing to us. */
    const wrong = ({ findings }: Told) =>
      findings.filter(({ state, subject }) => /warning|failure/.test(state) && subject !== 'disk');

    it('all is well', async () => {
      const told = await doctor();
      expect(wrong(told)).toEqual([]);
      expect(told.code).toBe(0);
      const texts = told.findings.map(({ subject, state, text }) => `${state} ${subject} ${text}`);
      for (const line of [
        `ok asterisk Asterisk ${version}.`,
        'ok asterisk res_agi.so is loaded',
        'ok dialplan 2 steps run scripts, all of which can be had',
        `ok service xinetd, process ${xinetd.pid}, serves by ${serviceFile()}, as user nobody`,
        `ok port xinetd, process ${xinetd.pid}, listens on 127.0.0.1:${port}`,
        `ok node ${at('node')} is ${process.version}, and user nobody can run it`,
        `ok fastagi ${at('fastagi')}, and user nobody can read it`,
        `ok configuration ${at('fastagi.conf')} (named by ${serviceFile()}), and user nobody can read it`,
        `ok scripts 2 scripts in ${at('scripts')}, and user nobody can read them`,
        `ok log ${at('log/fastagi.log')}, and user nobody can write it`,
        `ok call a call to 127.0.0.1:${port} was taken, and refused as it should be`,
        `ok agi-bin 1 script in ${ari.asterisk.agiBin} that user root can run`,
        `ok manager jo is let in at 127.0.0.1:${amiPort}`,
        `ok ari tester is let in at `,
      ])
        expect(texts).toContainEqual(expect.stringContaining(line));
      expect(fs.readFileSync(at('log/fastagi.log'), 'utf8')).toMatch(/there is no script "fastagi-doctor"/);
    });

    it('what runs in another root is none of this machine’s', () => {
      expect([isOfHere(process.pid), isOfHere(xinetd.pid), isOfHere(ari.asterisk.pid)]).toEqual([
        true,
        true,
        false,
      ]);
    });

    /** Changes a file, looks, and puts it back as it was. */
    async function withFile(file: string, change: (text: string) => string, user?: number): Promise<Told> {
      const text = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(file, change(text));
      try {
        return await doctor(user);
      } finally {
        fs.writeFileSync(file, text);
      }
    }

    it('a script that nobody may read', async () => {
      fs.chmodSync(at('scripts/hello.js'), 0o600);
      try {
        const told = await doctor();
        expect(wrong(told)).toEqual([
          {
            subject: 'scripts',
            state: 'failure',
            text: expect.stringContaining(`user nobody cannot read ${at('scripts/hello.js')}: `),
            remedy: `chmod o+r ${at('scripts/hello.js')}`,
          },
        ]);
        expect(told.code).toBe(1);
      } finally {
        fs.chmodSync(at('scripts/hello.js'), 0o644);
      }
    });

    it('a folder of scripts that the user cannot enter is told by the server itself, too', async () => {
      fs.chmodSync(at('scripts'), 0o700);
      try {
        const found = wrong(await doctor());
        expect(found.map(({ subject }) => subject)).toEqual(['scripts', 'call']);
        expect(found[0]?.remedy).toBe(`chmod o+rx ${at('scripts')}`);
        expect(found[1]?.text).toMatch(/is refused: \[fastagi\] basedir = .* cannot be opened by user 65534/);
      } finally {
        fs.chmodSync(at('scripts'), 0o755);
      }
    });

    it('a wrong secret of the manager', async () => {
      const told = await withFile(at('fastagi.conf'), (text) => text.replace('secret=right', 'secret=wrong'));
      expect(wrong(told)).toEqual([
        {
          subject: 'manager',
          state: 'failure',
          text: `jo is not let in at 127.0.0.1:${amiPort}: its secret is another one in ${ari.asterisk.home}/etc/manager.conf`,
          remedy: `secret in ${at('fastagi.conf')}, below [asmanager], as in ${ari.asterisk.home}/etc/manager.conf, below [jo]`,
        },
      ]);
      expect(JSON.stringify(told)).not.toMatch(/(?:right|wrong)-one/);
    });

    it('a wrong password of ARI', async () => {
      const told = await withFile(at('fastagi.conf'), (text) => text.replace('s3cret#x', 'other'));
      expect(wrong(told)).toMatchObject([{ subject: 'ari', state: 'failure' }]);
    });

    it('a first line that ends as on Windows, which Asterisk says nothing of', async () => {
      const file = path.join(ari.asterisk.agiBin, 'hello.js');
      const told = await withFile(file, (text) => text.replaceAll('\n', '\r\n'));
      expect(wrong(told)).toMatchObject([
        { subject: 'agi-bin', state: 'failure', remedy: `sed -i 's/\\r$//' ${file}` },
      ]);
    });

    it('a slip in the dialplan', async () => {
      const { asterisk } = ari;
      const file = path.join(asterisk.home, 'etc/extensions.conf');
      fs.writeFileSync(file, dialplan('helo.js'));
      await asterisk.command('dialplan reload');
      try {
        expect(wrong(await doctor())).toMatchObject([
          {
            subject: 'dialplan',
            state: 'failure',
            text: expect.stringMatching(/^test,s,1: AGI\(agi:.*helo.js\): there is no script "helo.js"/),
            remedy: expect.stringContaining(`agi://127.0.0.1:${port}/hello in`),
          },
        ]);
      } finally {
        fs.writeFileSync(file, dialplan('hello.js'));
        await asterisk.command('dialplan reload');
      }
    });

    it('res_agi.so is unloaded', async () => {
      await ari.asterisk.command('module unload -f res_agi.so');
      try {
        expect(wrong(await doctor())[0]).toMatchObject({
          subject: 'asterisk',
          state: 'failure',
          remedy: "asterisk -rx 'module load res_agi.so'",
        });
      } finally {
        await ari.asterisk.command('module load res_agi.so');
      }
    });

    it('a configuration that does not do', async () => {
      const told = await withFile(at('fastagi.conf'), (text) => `${text}[listen]\nport=x\n`);
      expect(told.code).toBe(3);
    });

    it('is looked at by whom it serves, who sees less and says so', async () => {
      const told = await doctor(NOBODY);
      expect(wrong(told)).toEqual([]);
      expect(told.findings.filter(({ state }) => state === 'skipped')).toContainEqual({
        subject: 'asterisk',
        state: 'skipped',
        text: expect.stringContaining('user nobody may not use'),
        remedy: 'sudo fastagi doctor',
      });
      expect(told.code).toBe(0);
    });

    it('xinetd has gone', async () => {
      await xinetd.stop();
      const told = await doctor();
      expect(wrong(told)).toEqual([
        {
          subject: 'port',
          state: 'failure',
          text: `nobody listens on port ${port}, where ${serviceFile()} is to serve`,
          remedy:
            'service xinetd restart, and then: journalctl -t xinetd -n 20 says why it leaves the service out',
        },
      ]);
      expect(told.code).toBe(1);
    });

    it('a service that is turned off', async () => {
      const told = await withFile(serviceFile(), (text) => text.replace(/(disable\s*=) no/, '$1 yes'));
      expect(wrong(told)).toContainEqual({
        subject: 'service',
        state: 'failure',
        text: `${serviceFile()} is turned off: disable = yes`,
        remedy: `disable = no in ${serviceFile()}, and then: service xinetd restart`,
      });
      expect(told.code).toBe(1);
    });
  },
);

describe.skipIf(missing)(`behind fastagi install${missing ? ` (${missing})` : ''}`, () => {
  const fastagi = (...args: string[]) => ['/usr/bin/node', '/usr/local/bin/fastagi', ...args];

  it('all is well, and nothing is to be looked at', async () => {
    const port = String(await freePort());
    const [before, installed, warned, , after, removed] = await inDebian([
      fastagi('doctor'),
      fastagi('install', '--user', 'daemon', '--port', port),
      fastagi('doctor'),
      // there is no program install(1) in there
      [
        '/usr/bin/node',
        '-e',
        "fs.mkdirSync('/var/log/asterisk', { recursive: true }); fs.chownSync('/var/log/asterisk', 1, 1)",
      ],
      fastagi('doctor'),
      fastagi('install', '--user', 'daemon', '--port', port, '--remove'),
    ]);
    expect(before?.text).toMatch(/^wrong {4}service +nothing serves agi:.*\n +→ fastagi install$/m);
    expect(before?.code).toBe(1);
    expect([installed?.code, removed?.code]).toEqual([0, 0]);
    expect(warned?.text).toMatch(
      /^warning +log .*\n +→ install -d -m 750 -o daemon -g daemon \/var\/log\/asterisk$/m,
    );
    expect(after?.text).not.toMatch(/^(?:wrong|warning) +(?!disk)/m);
    expect(after?.text).toMatch(/^ok +call +a call to .* was taken, and refused as it should be/m);
    expect(after?.code).toBe(0);
  }, 180_000);
});
