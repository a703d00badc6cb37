/** One table of exit codes for all commands, as they are built. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AmiConnectionError, AmiProtocolError, AmiTimeoutError } from '../../src/ami-errors';
import { AriConnectionError, AriError, AriProtocolError, AriTimeoutError } from '../../src/ari-errors';
import { exitCodeOf } from '../../src/cli/exit-codes';
import { AgiError, AgiSpeechError, RefusedError } from '../../src/errors';
import { json, PlayedAri } from '../support/ari-server';
import { executable, makeFolder, root } from '../support/inet';
import { FakeManager, first, ordinary, refuse } from '../support/manager';

/** What a row needs of the world. */
interface World {
  readonly folder: string;
  /** A port on which nobody listens. */
  readonly nobody: number;
  /** A port on which somebody does. */
  readonly taken: number;
  readonly manager: number;
  readonly ari: number;
}

type Row = readonly [what: string, code: number, commands: Record<string, (world: World) => string[]>];

const config = (text: string) => [
  '--config',
  path.join(makeFolder({ 'fastagi.conf': text }), 'fastagi.conf'),
];
const manager = (port: number, secret = 'secret') =>
  config(`[asmanager]\nport=${port}\nusername=jo\nsecret=${secret}\n`);
const ari = (port: number) => config(`[ari]\nport=${port}\nusername=tester\npassword=secret\n`);
const speech = '[tts]\ncache=/tmp\nurl=http://127.0.0.1\nsecret=0123456789abcdef\n';
const none = ['--config', '/no/such/fastagi.conf'];
const wrong = () => config('[fastagi]\nsetuid = perhaps\n');

const rows: readonly Row[] = [
  [
    'an option or an argument that makes no sense',
    2,
    {
      'fastagi, nonsense': () => ['nonsense'],
      'fastagi, help for nonsense': () => ['nonsense', '--help'],
      agi: () => ['agi', '--nonsense'],
      listen: () => ['listen', '--nonsense'],
      'listen, a port': () => ['listen', '--port', 'many'],
      'listen, a descriptor': () => ['listen', '--fd', 'x'],
      'listen, a descriptor below 0': () => ['listen', '--fd=-1'],
      call: () => ['call', 'x.js', '--priority', '0'],
      'call, an address': () => ['call', 'agi://'],
      'call, another scheme': () => ['call', 'http://127.0.0.1/x'],
      trace: () => ['trace'],
      ami: () => ['ami', 'Ping', 'nothing'],
      'ami, nothing': () => ['ami'],
      'ami, a number': () => ['ami', 'Ping', '--timeout', 'soon'],
      'ami, a number of events': () => ['ami', '--events', 'all', '--count', 'few'],
      ari: () => ['ari', 'GTE', '/channels'],
      'ari, nothing': () => ['ari'],
      'ari, half of it': ({ nobody }) => ['ari', 'GET', ...ari(nobody)],
      speech: () => ['speech', '--nonsense'],
      doctor: () => ['doctor', '--nonsense'],
      'doctor, an argument': () => ['doctor', 'everything'],
      'speech, a port': () => ['speech', '--port', 'x', ...config(speech)],
      'speech, a port that there is not': () => ['speech', '--port', '65536', ...config(speech)],
      'speech, no address, which would be all': () => ['speech', '--host', '', ...config(speech)],
      new: ({ folder }) => ['new', `${folder}/calls`, '--javascript', '--typescript'],
      'new, nothing': () => ['new'],
      'new, an empty name': () => ['new', ''],
    },
  ],
  [
    'a configuration that is not there, cannot be read, or holds a wrong value',
    3,
    {
      agi: ({ folder }) => ['agi', ...none, `${folder}/good.js`],
      listen: () => ['listen', ...none],
      'listen, a wrong value': () => ['listen', ...wrong()],
      call: ({ folder }) => ['call', `${folder}/good.js`, ...none],
      'call, a wrong value': ({ folder }) => ['call', `${folder}/good.js`, ...wrong()],
      ami: () => ['ami', 'Ping', ...none],
      'ami, a wrong value': () => ['ami', 'Ping', ...wrong()],
      ari: () => ['ari', 'GET', '/channels', ...none],
      speech: () => ['speech', ...none],
      doctor: () => ['doctor', ...none],
      'doctor, a wrong value': () => ['doctor', ...wrong()],
      new: ({ folder }) => ['new', `${folder}/calls`, '--no-install', ...none],
    },
  ],
  [
    'a configuration that does not say who is to be asked',
    3,
    {
      ami: () => ['ami', 'Ping', ...config('')],
      'ami, no secret': () => ['ami', 'Ping', '--username', 'jo'],
      ari: () => ['ari', 'GET', '/channels', ...config('')],
      speech: () => ['speech', ...config('')],
    },
  ],
  [
    'nobody answers where the server should be',
    3,
    {
      call: ({ nobody }) => ['call', `agi://127.0.0.1:${nobody}/x.js`],
      ami: ({ nobody }) => ['ami', 'Ping', ...manager(nobody)],
      'ami, events': ({ nobody }) => ['ami', '--events', 'Hangup', ...manager(nobody)],
      ari: ({ nobody }) => ['ari', 'GET', '/channels', ...ari(nobody)],
      'ari, events': ({ nobody }) => ['ari', '--events', 'hello', ...ari(nobody)],
    },
  ],
  [
    'the user is not let in',
    3,
    {
      ami: (world) => ['ami', 'Ping', ...manager(world.manager, 'wrong')],
      ari: (world) => ['ari', 'GET', '/unauthorized', ...ari(world.ari)],
    },
  ],
  [
    'the port to listen on is taken',
    3,
    {
      listen: ({ taken, folder }) => [
        'listen',
        '--port',
        `${taken}`,
        ...config(`[fastagi]\nbasedir=${folder}\n`),
      ],
      'listen, metrics': ({ taken, folder }) => [
        'listen',
        ...['--port', '0', '--metrics', `127.0.0.1:${taken}`],
        ...config(`[fastagi]\nbasedir=${folder}\n`),
      ],
      speech: ({ taken }) => ['speech', '--port', `${taken}`, ...config(speech)],
    },
  ],
  [
    'there is no such script',
    3,
    {
      agi: () => ['agi', ...config(''), '/no/such/script.js'],
      call: () => ['call', '/no/such/script.js'],
      'call, one that cannot be run': ({ folder }) => ['call', `${folder}/nothing.txt`],
    },
  ],
  [
    'there is no such file, or nothing in it that can be used',
    3,
    {
      trace: () => ['trace', '/no/such/trace'],
      'trace, no call': ({ folder }) => ['trace', `${folder}/nothing.txt`],
      'call --replay': ({ folder }) => ['call', `${folder}/good.js`, '--replay', '/no/such/trace'],
      'call --sounds': ({ folder }) => ['call', `${folder}/good.js`, '--sounds', '/no/such/folder'],
      'ami --tls': ({ nobody }) => ['ami', 'Ping', '--tls', '/no/such/file', ...manager(nobody)],
    },
  ],
  ["something stands in a call's way", 1, { doctor: ({ folder }) => ['doctor', '--root', folder] }],
  [
    'the folder is not empty, or cannot be made',
    3,
    {
      new: ({ folder }) => ['new', folder],
      'new, a file': ({ folder }) => ['new', `${folder}/good.js`],
      'new, nowhere': () => ['new', '/proc/calls'],
    },
  ],
  [
    'the script has failed',
    1,
    {
      agi: ({ folder }) => ['agi', ...config(''), `${folder}/bad.js`],
      call: ({ folder }) => ['call', `${folder}/bad.js`],
    },
  ],
  [
    'Asterisk says no',
    1,
    {
      ami: (world) => ['ami', 'Hangup', 'Channel=x', ...manager(world.manager)],
      ari: (world) => ['ari', 'GET', '/channels/none', ...ari(world.ari)],
    },
  ],
  [
    'no answer to what Asterisk may have carried out',
    1,
    { ami: (world) => ['ami', 'Silence', '--timeout', '0.1', ...manager(world.manager)] },
  ],
  [
    'the output cannot be written',
    1,
    { trace: ({ folder }) => ['trace', `${folder}/trace.jsonl`, '--html', '/no/such/folder/page.html'] },
  ],
];

/** @param words `agi` in front of them is the other program */
async function run(words: string[]): Promise<{ code: number | null; said: string }> {
  const isAgi = words[0] === 'agi';
  const command = [executable(isAgi ? 'agi' : 'fastagi'), ...(isAgi ? words.slice(1) : words)];
  const child = spawn(process.execPath, command, {
    stdio: [isAgi ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  // a script that fails says so in a command, and waits for its answer
  child.stdin?.on('error', () => {}).write('agi_request: x\nagi_version: 22.10.1\n\n');
  let said = '';
  const hear = (text: string) => {
    said += text;
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    hear(text);
    child.stdin?.end('200 result=1\n');
  });
  child.stderr?.setEncoding('utf8').on('data', hear);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

const page = fs.readFileSync(path.join(root, 'docs/exit-codes.md'), 'utf8');

describe.each(rows)('%s', (what, code, commands) => {
  it(`is ${code} on the page, for each of them`, () => {
    const row = new RegExp(`^\\| ${what} +\\| ${code} +\\| (.*?) +\\|$`, 'm').exec(page);
    expect(row).not.toBeNull();
    for (const command of Object.keys(commands).map((name) => name.split(',', 1)[0] as string)) {
      if (!row?.[1]?.startsWith('all') && command !== 'call --sounds')
        expect(row?.[1]).toContain(`\`${command}\``);
    }
  });

  it.each(Object.entries(commands))(`of %s ends with ${code}`, async (_, words) => {
    const folder = makeFolder({
      'good.js': 'agi.answer();',
      'bad.js': 'throw new Error("it fails");',
      'nothing.txt': 'Dear Sir\n',
      'trace.jsonl': '{"trace":1,"started":"now"}\n',
    });
    const taken = net.createServer();
    const gone = net.createServer();
    for (const server of [taken, gone])
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const port = (server: net.Server) => (server.address() as net.AddressInfo).port;
    const nobody = port(gone);
    await new Promise((done) => gone.close(done));
    await using played = await FakeManager.start(
      first(
        (action) => (action.action === 'Hangup' ? refuse(action, 'No such channel') : undefined),
        ordinary(),
      ),
    );
    await using rest = await PlayedAri.start((request, response) =>
      request.url?.includes('unauthorized')
        ? json(response, 401, { message: 'Authentication required' })
        : json(response, 404, { message: 'Channel not found' }),
    );
    try {
      const world = { folder, nobody, taken: port(taken), manager: played.port, ari: rest.port };
      const ended = await run(words(world));
      expect(ended.code, ended.said).toBe(code);
      // in words, not in a trace of where it was noticed
      if (what !== 'the script has failed') expect(ended.said).not.toMatch(/^\s+at /m);
      expect(ended.said).not.toBe('');
      // who says it; what serves calls writes a log, and a call is shown as it goes
      const [command] = words(world) as [string];
      if (['trace', 'ami', 'ari', 'speech', 'new'].includes(command))
        expect(ended.said).toMatch(new RegExp(`^fastagi ${command}: `, 'm'));
    } finally {
      taken.close();
    }
  });
});

describe('an error that no command above ends in', () => {
  it.each<[string, unknown, number | undefined]>([
    [
      'an order that may have arrived',
      new AmiConnectionError('AMI_LOST', 'x', { retryable: true, sent: true }),
      1,
    ],
    ['one that has not', new AmiConnectionError('AMI_LOST', 'x', { retryable: true }), 3],
    ['a login that takes too long', new AmiTimeoutError('x'), 3],
    ['something else than a manager', new AmiProtocolError('AMI_NO_MANAGER', 'x'), 3],
    ['a manager that cannot be understood', new AmiProtocolError('AMI_MESSAGE_TOO_LONG', 'x'), 1],
    ['a request that may have arrived', new AriTimeoutError('x', { sent: true }), 1],
    [
      'one that was lost with the connection',
      new AriConnectionError('ARI_LOST', 'x', { retryable: true, sent: true }),
      1,
    ],
    ['no connection in time', new AriTimeoutError('x'), 3],
    [
      'a certificate that is not trusted',
      new AriConnectionError('ARI_CERTIFICATE', 'x', { retryable: false }),
      3,
    ],
    ['no interface there', new AriError('ARI_OFF', 'x'), 3],
    ['something else than a server of HTTP', new AriProtocolError('ARI_NOT_HTTP', 'x'), 3],
    ['a server that speaks otherwise', new AriProtocolError('ARI_NOT_JSON', 'x'), 1],
    ['a wrong command line under xinetd', new RefusedError('USAGE', 'x'), 2],
    ['settings of speech', new AgiSpeechError('SPEECH_CONFIG', 'x'), 3],
    ['any other of ours', new AgiError('AGI_NO_AUDIO', 'x'), 1],
    ['a mistake of the program’s', new TypeError('x'), undefined],
  ])('%s', (_, error, code) => expect(exitCodeOf(error)).toBe(code));
});
