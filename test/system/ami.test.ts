// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** The manager of both versions of Asterisk. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { call } from '../support/asterisk';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { certificate } from './support/certificate';
import { asteriskRoot, missingParts } from './support/parts';

const missing = missingParts();

const extensions = `[legs]
exten => answers,1,Answer()
 same => n,Wait(30)
exten => busy,1,Busy(2)
exten => congested,1,Congestion(2)
exten => rings,1,Ringing()
 same => n,Wait(30)
exten => rejects,1,Hangup()
exten => long,1,Answer()
 same => n,Set(A=${'äx'.repeat(200)})
 same => n,Set(LONG_ONE=\${A}\${A}\${A}\${A}\${A}the end)
 same => n,Wait(30)

[default]
exten => s,1,Wait(1)
exten => hinted,hint,Local/answers@legs
`;

/** What PJSIP needs to have endpoints and to show them; it listens nowhere. */
const pjsip = [
  'res_sorcery_config.so',
  'res_sorcery_memory.so',
  'res_sorcery_astdb.so',
  'res_pjproject.so',
  'res_pjsip.so',
];

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const manager = (port: number, tlsPort: number, certificate: string) => `[general]
enabled = yes
bindaddr = 127.0.0.1
port = ${port}
tlsenable = yes
tlsbindaddr = 127.0.0.1:${tlsPort}
tlscertfile = ${certificate}
tlsprivatekey = ${certificate}

[jo]
secret = geheim#1
read = all
write = all

[watcher]
secret = geheim#1
read = system,call
write = reporting

[alone]
secret = geheim#1
allowmultiplelogin = no
read = system
write = system
`;

describe.skipIf(missing).each([16, 22] as const)('Asterisk %d', (version) => {
  let asterisk: Asterisk;
  let port: number;
  let tlsPort: number;
  let pem: string;
  let recordings: string;
  const connect = (options: Partial<AmiOptions> = {}) =>
    Ami.connect({ username: 'jo', secret: 'geheim#1', host: `127.0.0.1:${port}`, ...options });

  beforeAll(async () => {
    [port, tlsPort] = [await freePort(), await freePort()];
    const folder = makeFolder();
    recordings = path.join(folder, 'recordings');
    fs.mkdirSync(recordings);
    const made = certificate(folder);
    pem = made.pem;
    asterisk = await Asterisk.start({
      version,
      extensions,
      bind: [folder],
      modules: [...pjsip, 'chan_iax2.so', 'res_parking.so'],
      config: {
        'manager.conf': manager(port, tlsPort, made.file),
        'iax.conf':
          '[general]\nbindaddr=127.0.0.1\nbindport=0\n[one]\ntype=friend\nhost=dynamic\n[two]\ntype=friend\nhost=dynamic\n',
        'pjsip.conf':
          '[alice]\ntype=endpoint\naors=alice\ncontext=default\n[alice]\ntype=aor\nmax_contacts=1\n',
        'res_parking.conf': '[general]\n',
        'queues.conf': '[general]\n[help]\nstrategy=ringall\nmember => Local/answers@legs\n',
        'voicemail.conf': '[general]\n[default]\n100 => 1234,Jo\n',
      },
    });
  });
  afterAll(() => asterisk?.stop());

  describe('a login', () => {
    it.each<[string, Partial<AmiOptions>]>([
      ['by challenge', { auth: 'md5' }],
      ['by secret', { auth: 'secret' }],
    ])('%s', async (_, options) => {
      await using ami = await connect(options);
      expect(ami.version).toMatch(/^\d+\.\d+/);
      await ami.ping();
    });

    it('over TLS, to whom the certificate is given', async () => {
      const tls = { host: `127.0.0.1:${tlsPort}`, tls: { ca: pem } };
      await using ami = await connect(tls);
      expect(await ami.command('core show version')).toMatch(`Asterisk ${version}.`);
      await expect(connect({ ...tls, tls: true })).rejects.toMatchObject({
        code: 'AMI_CERTIFICATE',
        retryable: false,
      });
      await expect(connect({ ...tls, tls: { ca: pem, servername: 'other.test' } })).rejects.toMatchObject({
        code: 'AMI_CERTIFICATE',
      });
    });

    it('is refused for a wrong secret and an unknown user, for good', async () => {
      for (const wrong of [
        { secret: 'wrong' },
        { username: 'nobody' },
        { secret: 'wrong', auth: 'secret' as const },
      ]) {
        await expect(connect(wrong)).rejects.toMatchObject({
          name: 'AmiLoginError',
          code: 'AMI_LOGIN',
          retryable: false,
          message: expect.stringContaining('Authentication failed'),
        });
      }
    });

    it('is refused to the second of one who may be there once', async () => {
      await using _ = await connect({ username: 'alone' });
      await expect(connect({ username: 'alone' })).rejects.toMatchObject({
        name: 'AmiLoginError',
        retryable: true,
      });
    });

    it('speaks plainly to TLS, and TLS to plain text', async () => {
      await expect(connect({ tls: true, connectTimeoutMs: 500 })).rejects.toMatchObject({
        name: expect.stringMatching(/^Ami(Connection|Timeout)Error$/),
      });
      await expect(connect({ host: `127.0.0.1:${tlsPort}`, connectTimeoutMs: 500 })).rejects.toMatchObject({
        name: expect.stringMatching(/^Ami(Connection|Timeout)Error$/),
      });
    });
  });

  describe('actions', () => {
    it('60 side by side get each its own answer', async () => {
      await using ami = await connect();
      const names = Array.from({ length: 60 }, (_, at) => `PROBE_${at}`);
      await Promise.all(names.map((name) => ami.setVariable(undefined, name, `value of ${name}`)));
      const values = await Promise.all(names.map((name) => ami.getVariable(undefined, name)));
      expect(values).toEqual(names.map((name) => `value of ${name}`));
      const [text, list, ...pongs] = await Promise.all([
        ami.command('core show version'),
        ami.list('CoreShowChannels'),
        ...names.map((name) => ami.action('Getvar', { Variable: name })),
      ]);
      expect(text).toContain('Asterisk');
      expect(list.complete?.name).toBe('CoreShowChannelsComplete');
      expect(pongs.map((response) => response.get('Variable'))).toEqual(names);
      expect(ami.counts.unasked).toBe(0);
    });

    it('that would inject are refused before Asterisk sees them', async () => {
      await using ami = await connect();
      await expect(
        ami.setVariable(undefined, 'X', 'a\r\nAction: Command\r\nCommand: core stop now'),
      ).rejects.toMatchObject({ code: 'AMI_ARGUMENT' });
      await ami.ping();
    });

    it('take a line of exactly the length that Asterisk reads, and no longer one', async () => {
      await using ami = await connect();
      const longest = 'x'.repeat(1022 - 'Value: '.length);
      await ami.setVariable(undefined, 'LONG', longest);
      expect(await ami.getVariable(undefined, 'LONG')).toBe(longest);
      await expect(ami.setVariable(undefined, 'LONG', `${longest}x`)).rejects.toMatchObject({
        code: 'AMI_ARGUMENT',
      });
      await ami.ping();
      expect(ami.counts.unasked).toBe(0);
    });

    it('fail by name', async () => {
      await using ami = await connect();
      await expect(ami.action('NoSuchThing')).rejects.toMatchObject({ code: 'AMI_UNKNOWN_ACTION' });
      await expect(ami.hangup('Local/none')).rejects.toMatchObject({
        code: 'AMI_ACTION',
        message: 'Hangup: No such channel',
      });
      await using watcher = await connect({ username: 'watcher' });
      await expect(watcher.command('core show version')).rejects.toMatchObject({ code: 'AMI_PERMISSION' });
    });

    it('run commands of the console, exactly', async () => {
      await using ami = await connect();
      const help = await ami.command('core show help core show version');
      expect(help).toBe((await asterisk.command('core show help core show version')).replace(/\n$/, ''));
      expect(help).toMatch(/^ +\S/m);
      await expect(ami.command('no such command')).rejects.toMatchObject({
        code: 'AMI_COMMAND',
        output: expect.stringContaining("No such command 'no such command'"),
      });
    });

    it('give lists, also those of odd shape', async () => {
      await using ami = await connect();
      expect((await ami.iaxPeers()).map((peer) => peer.get('ObjectName'))).toEqual(['one', 'two']);
      const endpoints = await ami.pjsipEndpoints();
      expect(endpoints.map((endpoint) => endpoint.get('ObjectName'))).toEqual(['alice']);
      expect((await ami.pjsipEndpoint('alice')).map(({ name }) => name)).toContain('AorDetail');
      expect((await ami.list('ConfbridgeListRooms')).items).toEqual([]);
      expect((await ami.list('PJSIPShowRegistrationsOutbound').catch((error) => error)).code).toBe(
        'AMI_UNKNOWN_ACTION',
      );
      expect((await ami.list('PJSIPShowAors')).items).toHaveLength(1);
      expect(await ami.status()).toEqual([]);
      expect(await ami.channels()).toEqual([]);
      expect(await ami.parkedCalls()).toEqual([]);
      const members: unknown[] = [];
      for await (const item of ami.listStream('QueueStatus', { Queue: 'help' })) members.push(item.name);
      expect(members).toEqual(['QueueParams', 'QueueMember']);
      expect((await ami.queueSummary()).map((queue) => queue.get('Queue'))).toEqual(['help']);
    });

    it('do what phpAGI’s class did', async () => {
      await using ami = await connect();
      expect(Object.keys(await ami.listCommands())).toEqual(
        expect.arrayContaining(['Originate', 'Ping', 'Setvar']),
      );
      await ami.queueAdd('help', 'Local/busy@legs', { penalty: 2, paused: true, memberName: 'Jo Do' });
      await ami.queuePause('Local/busy@legs', false, 'help');
      const member = (await ami.queueStatus('help')).find((item) => item.get('Name') === 'Jo Do');
      expect([member?.get('Penalty'), member?.get('Paused')]).toEqual(['2', '0']);
      await ami.queueRemove('help', 'Local/busy@legs');
      await ami.queueReload('help');
      expect(await ami.mailboxStatus('100@default')).toBe(false);
      expect(await ami.mailboxCount('100@default')).toEqual({ urgent: 0, new: 0, old: 0 });
      expect(await ami.extensionState('hinted', 'default')).toMatchObject({ hint: 'Local/answers@legs' });
      expect((await ami.extensionState('none', 'default')).status).toBe(-1);
      await ami.databasePut('probe', 'key', 'a: "value", with ${all}');
      expect(await ami.databaseGet('probe', 'key')).toBe('a: "value", with ${all}');
      // Asterisk 16 gives 255 bytes of one at a time
      const long = `${'ö'.repeat(200)}: the end`;
      await ami.databasePut('probe', 'long', long);
      await ami.databasePut('probe', 'long/er', 'another');
      expect(await ami.databaseGet('probe', 'long')).toBe(long);
      expect([await ami.databaseDel('probe', 'key'), await ami.databaseDel('probe', 'key')]).toEqual([
        true,
        false,
      ]);
      expect(await ami.databaseGet('probe', 'key')).toBeUndefined();
      expect(await ami.getVariable(undefined, 'NEVER_SET')).toBe('');
    });

    it('set the time of a channel’s end, and take it back', async () => {
      await using ami = await connect();
      const made = await ami.originate({ channel: 'Local/answers@legs', application: 'Wait', data: '20' });
      const { channel } = made as { channel: string };
      await ami.absoluteTimeout(channel, 1000);
      expect(Number(await ami.getVariable(channel, 'TIMEOUT(absolute)'))).toBeGreaterThan(900);
      await ami.absoluteTimeout(channel, 0);
      expect(Number(await ami.getVariable(channel, 'TIMEOUT(absolute)'))).toBe(0);
      await ami.hangup(channel);
    });
  });

  it('has documentation whose names are all in the catalog', async () => {
    const { readDocumentation } = (await import('../../scripts/ami-catalog.mjs' as string)) as {
      readDocumentation(xml: string): { actions: Map<string, unknown[]>; events: Map<string, unknown[]> };
    };
    const documentation = path.join(
      await asteriskRoot(version),
      'usr/share/asterisk/documentation/core-en_US.xml',
    );
    const { actions, events } = readDocumentation(fs.readFileSync(documentation, 'utf8'));
    expect(actions.size).toBeGreaterThan(140);
    expect(events.size).toBeGreaterThan(140);
    const catalog = fs.readFileSync(path.join(root, 'src/ami/catalog.ts'), 'utf8');
    const known = new Set(Array.from(catalog.matchAll(/^ {2}'?([\w-]+)'?:/gm), ([, name]) => name as string));
    // a newer point release of the same Asterisk may have a few more
    const missing = [...actions.keys(), ...events.keys()].filter((name) => !known.has(name));
    expect(missing.length).toBeLessThan(10);
    await using ami = await connect();
    const live = Object.keys(await ami.listCommands());
    expect(live.filter((name) => !known.has(name)).length).toBeLessThan(10);
    expect(live.length).toBeGreaterThan(80);
  });

  if (version === 22) {
    it('has none of the actions that the page calls gone', async () => {
      const page = fs.readFileSync(path.join(root, 'docs/ami.md'), 'utf8');
      const gone = Array.from(page.matchAll(/^\| `(\w+)` +\|.*\| gone/gm), ([, name]) =>
        (name as string).toLowerCase(),
      );
      expect(gone.length).toBeGreaterThan(8);
      await using ami = await connect();
      const live = new Set(Object.keys(await ami.listCommands()).map((name) => name.toLowerCase()));
      expect(gone.filter((name) => live.has(name))).toEqual([]);
    });
  }

  describe('the examples and the command', () => {
    let folder: string;
    const program = (file: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, [file, ...args], {
        env: { FASTAGI_CONFIG: `${folder}/fastagi.conf` },
      }).then(
        ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      );
    beforeAll(() => {
      folder = makeFolder({
        'fastagi.conf': `[asmanager]\nserver=127.0.0.1\nport=${port}\nusername=jo\nsecret=geheim#1\n`,
      });
      // as `npm install fastagi` beside the examples does it
      fs.cpSync(path.join(root, 'examples/ami'), folder, { recursive: true });
      fs.mkdirSync(`${folder}/node_modules`);
      fs.symlinkSync(root, `${folder}/node_modules/fastagi`);
    });

    it('an endpoint of PJSIP is shown', async () => {
      const shown = await program(`${folder}/pjsip-show-endpoint.mjs`, 'alice');
      expect(shown).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/EndpointDetail:\n(?: {2}.*\n)* {2}ObjectName: alice\n/),
      });
      expect(shown.stdout).toMatch(/AorDetail:\n/);
      expect(await program(`${folder}/pjsip-show-endpoint.mjs`, 'nobody')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('PJSIPShowEndpoint'),
      });
    });

    it('a call is made, and what became of it is said', async () => {
      expect(await program(`${folder}/originate.mjs`, 'Local/answers@legs/n', 's', 'default')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^answered: Local\/answers@legs-\w+;1\nended: .+\n$/),
      });
      expect(await program(`${folder}/originate.mjs`, 'Local/busy@legs/n', 's', 'default')).toMatchObject({
        code: 1,
        stdout: 'not answered: busy\n',
      });
    });

    it('a script has the manager of the configuration', async () => {
      const outcome = await call({
        script: 'version.js',
        files: {
          'version.js': `module.exports = async (agi) => {
            const ami = await agi.manager();
            await agi.setVariable('VERSION', (await ami.command('core show version')).slice(0, 11));
          };`,
        },
        config: `[asmanager]\nserver=127.0.0.1\nport=${port}\nusername=jo\nsecret=geheim#1\n`,
      });
      expect(outcome).toMatchObject({ code: 0, commands: [`SET VARIABLE VERSION "Asterisk ${version}"`] });
    });

    it('fastagi ami does both', async () => {
      const fastagi = executable('fastagi');
      expect(await program(fastagi, 'ami', 'Command', 'Command=core show version')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`Asterisk ${version}.`),
      });
      expect((await program(fastagi, 'ami', 'PJSIPShowEndpoints', '--json')).stdout).toMatch(
        /"ObjectName":"alice"/,
      );
      expect(await program(fastagi, 'ami', 'Hangup', 'Channel=none')).toMatchObject({
        code: 1,
        stderr: 'fastagi ami: Hangup: No such channel\n',
      });
      const events = program(fastagi, 'ami', '--events', 'UserEvent', '--count', '1');
      await using ami = await connect({ events: 'off' });
      const timer = setInterval(
        () => void ami.action('UserEvent', { UserEvent: 'Probe' }).catch(() => {}),
        100,
      );
      const shown = await events.finally(() => clearInterval(timer));
      expect(shown).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Event: UserEvent\n(?:.*\n)*UserEvent: Probe\n/),
      });
    });
  });

  describe('a call', () => {
    it.each([
      ['answers', 'answered'],
      ['busy', 'busy'],
      ['congested', 'congestion'],
      ['rings', 'unanswered'],
      ['none', 'failed'],
    ])('to one who %s is %s', async (extension, outcome) => {
      await using ami = await connect();
      const call = await ami.originate({
        channel: `Local/${extension}@legs/n`,
        application: 'Wait',
        data: '30',
        timeoutMs: 1500,
      });
      expect(call.outcome).toBe(outcome);
      if (call.outcome === 'answered') await ami.hangup(call.channel);
    });

    it('carries variables of any text, and is worked on', async () => {
      await using ami = await connect();
      const value = 'a,b "c" (d) [e] \\ f=g;h|i & ${j} ö';
      const call = await ami.originate({
        channel: 'Local/answers@legs/n',
        application: 'Wait',
        data: '30',
        variables: { PROBE: value, 'CALLERID(num)': '123', N: 1 },
        callerId: '"Jo, Do" <55>',
      });
      if (call.outcome !== 'answered') throw new Error(call.outcome);
      const { channel } = call;
      expect(await ami.getVariable(channel, 'PROBE')).toBe(value);
      expect(await ami.getVariable(channel, 'N')).toBe('1');
      // of a value the manager gives 1,023 bytes
      await ami.redirect(channel, 'legs', 'long');
      const long = `${'äx'.repeat(1000)}the end`;
      await expect.poll(() => ami.getVariable(channel, 'LONG_ONE')).toBe(long);
      await ami.setVariable(channel, 'OWN', 'x');
      expect(await ami.getVariable(channel, 'OWN')).toBe('x');
      await ami.setCdrUserField(channel, 'u').catch((error) => expect(error.code).toBe('AMI_ACTION'));
      expect((await ami.status(channel)).map((item) => item.get('Channel'))).toEqual([channel]);
      expect((await ami.channels()).length).toBeGreaterThanOrEqual(2);
      const id = await ami.mixMonitor(channel, '/tmp/probe.wav');
      expect(id).toMatch(/^0x/);
      await ami.muteMixMonitor(channel, true);
      await ami.stopMixMonitor(channel, id);
      // a name that a caller has chosen; and what a shell runs behind a recording
      const file = `${recordings}/"Jo, Do" (55) [1]\\2.wav`;
      const made = `${recordings}/made, (and) "done"`;
      const odd = await ami.mixMonitor(channel, file, undefined, `touch '${made}'`);
      await ami.stopMixMonitor(channel, odd);
      await ami.absoluteTimeout(channel, 100);
      await ami.playDtmf(channel, '1');
      const moved = ami.events('Newexten');
      await ami.redirect(channel, 'default', 's');
      for await (const event of moved)
        if (event.get('Channel') === channel && event.get('Context') === 'default') break;
      const ended = ami.events('Hangup');
      await ami.hangup(channel, 17);
      for await (const event of ended) {
        if (event.get('Channel') !== channel) continue;
        expect(event.get('Cause')).toBe('17');
        break;
      }
      await expect
        .poll(() => fs.readdirSync(recordings).sort())
        .toEqual([file, made].map((name) => path.basename(name)).sort());
    });

    it('that waits to be answered holds up nothing', async () => {
      await using ami = await connect();
      let over = false;
      const call = ami
        .originate({ channel: 'Local/rings@legs/n', application: 'Wait', data: '1', timeoutMs: 2000 })
        .finally(() => {
          over = true;
        });
      for (let round = 0; round < 20; round++) await ami.ping();
      expect(over).toBe(false);
      expect((await call).outcome).toBe('unanswered');
    });
  });

  it('sends the events that the mask and the filters let through', async () => {
    await using ami = await connect({ events: 'user' });
    await using other = await connect({ events: 'off' });
    const seen: string[] = [];
    ami.on('*', (event) => seen.push(`${event.name} ${event.get('UserEvent')}`));
    const one = async (name: string, headers = {}) => {
      const heard = ami.events('UserEvent');
      await other.action('UserEvent', { UserEvent: name, ...headers });
      await heard.next();
      await heard.return();
    };
    const event = ami.events('UserEvent');
    await one('First', { Twice: ['a', 'b'], 'With space': 'ö: x' });
    const first = (await event.next()).value;
    expect(first?.all('twice')).toEqual(['a', 'b']);
    expect(first?.get('with SPACE')).toBe('ö: x');
    await ami.addFilter('!UserEvent: Second');
    await other.action('UserEvent', { UserEvent: 'Second' });
    await one('Third');
    expect(seen).toEqual(['UserEvent First', 'UserEvent Third']);
  });

  it('is asked by pings, and answers', async () => {
    await using ami = await connect({ pingEveryMs: 50, events: 'off' });
    const pings: string[] = [];
    await using traced = await connect({
      pingEveryMs: 50,
      events: 'off',
      trace: (direction, text) => direction === '<' && pings.push(text),
    });
    await expect.poll(() => pings.filter((text) => text.includes('Ping: Pong')).length).toBeGreaterThan(2);
    expect([ami.counts.lost, traced.counts.lost]).toEqual([0, 0]);
  });

  it('is restarted under load, and no answer that came is lost', async () => {
    // on the wire, and in the hands of whoever had asked
    const came = new Set<string>();
    const gotten = new Set<string>();
    const trace = (direction: string, text: string) => {
      if (direction !== '<' || !/^Message: Variable Set|^Variable: LOAD_/m.test(text)) return;
      if (text.startsWith('Response:')) came.add(/^ActionID: (\S*)/m.exec(text)?.[1] ?? '');
    };
    const reconnect = { firstDelayMs: 50, maxDelayMs: 500 };
    await using ami = await connect({ trace, reconnect, pingEveryMs: 1000, timeoutMs: 5000 });
    await ami.addFilter('!Event: VarSet');
    const shutdown = ami.events('Shutdown');
    let running = true;
    const tally = { resolved: 0, refused: 0, sent: 0, unsent: 0 };
    const lost = new Promise<void>((resolve) =>
      ami.onState((state) => state === 'reconnecting' && resolve()),
    );
    const wrong: unknown[] = [];
    const worker = async (name: string) => {
      for (let round = 0; running; round++) {
        const value = `${name} ${round}`;
        try {
          const ask = async (action: string, fields: Record<string, string>) => {
            const response = await ami.action(action, { Variable: `LOAD_${name}`, ...fields });
            gotten.add(response.get('ActionID') ?? '');
            tally.resolved++;
            return response;
          };
          await ask('Setvar', { Value: value });
          const got = await ask('Getvar', {});
          if (got.get('Variable') !== `LOAD_${name}`) wrong.push(got.text);
        } catch (error) {
          const { code, sent } = error as { code?: string; sent?: boolean };
          if (!['AMI_LOST', 'AMI_NOT_CONNECTED', 'AMI_SHUTTING_DOWN'].includes(code ?? '')) wrong.push(error);
          if (code === 'AMI_SHUTTING_DOWN') tally.refused++;
          else if (sent) tally.sent++;
          else tally.unsent++;
          await lost;
          await ami.ready();
        }
      }
    };
    const workers = Array.from({ length: 20 }, (_, at) => worker(`w${at}`));
    await expect.poll(() => tally.resolved).toBeGreaterThan(200);
    await asterisk.command('core restart now').catch(() => {});
    expect((await shutdown.next()).value?.get('Restart')).toMatch(/true|True/);
    await lost;
    await ami.ready();
    const before = tally.resolved;
    await expect.poll(() => tally.resolved).toBeGreaterThan(before + 200);
    running = false;
    await Promise.all(workers);
    expect(wrong).toEqual([]);
    expect(ami.counts).toMatchObject({ unasked: 0, lost: 1 });
    expect(tally.refused + tally.sent + tally.unsent).toBeGreaterThan(0);
    expect(came.size).toBe(tally.resolved);
    expect(gotten).toEqual(came);
    expect(ami.state).toBe('connected');
  });
});
