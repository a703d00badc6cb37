/**
 * What speech costs a call: from the answer to the command before to STREAM FILE on the wire, as Asterisk sees it.
 * A sound file, a sentence that has been said before, and one that an engine has to speak, in turn, in a process of
 * its own (xinetd, wait = no) and in one that has served calls before (fastagi listen); and the engine alone, with
 * the same arguments, started by a process that has started it before.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { requestFor } from '../test/support/asterisk';
import { connect } from '../test/support/inet';
import { libraryFolders } from '../test/system/support/debian';
import { missingParts, speechRoot } from '../test/system/support/parts';
import { spreadOf } from './statistics';

const usage = `Usage: npm run bench -- speech [--calls N] [--node FILE] [--realtime]

  --calls N    counted calls of each kind (30), after a tenth as many
  --node FILE  another Node to run fastagi with
  --realtime   by chrt, as root: on a machine that has other work, it comes first
`;

/** Programs by the engines' names that run Debian's own, by its own loader. */
async function makeEngines(folder: string): Promise<string> {
  const root = await speechRoot();
  const folders = libraryFolders(root);
  const loader = folders
    .flatMap((lib) => readdirSync(lib).map((file) => path.join(lib, file)))
    .find((file) => /\/ld-linux[^/]*\.so\.\d$/.test(file));
  const programs = path.join(folder, 'bin');
  mkdirSync(programs);
  const libraries = [...folders, ...folders.map((lib) => `${lib}/pulseaudio`)].join(':');
  const run = `exec ${loader} --library-path ${libraries} ${root}/usr/bin`;
  const data = folders.find((lib) => existsSync(`${lib}/espeak-ng-data`));
  for (const [name, words] of [
    ['flite', 'flite'],
    ['espeak-ng', `espeak-ng --path=${data}/`],
  ])
    writeFileSync(path.join(programs, name as string), `#!/bin/sh\n${run}/${words} "$@"\n`, { mode: 0o755 });
  return programs;
}

const engines: Record<string, (text: string, wave: string) => string[]> = {
  flite: (text, wave) => ['-f', text, '-o', wave],
  'espeak-ng': (text, wave) => ['-b', '1', '-f', text, '-w', wave],
};

const sentence = (number: number) => `You are caller number ${number}, please hold the line.`;

/** Another number each time, and any of five digits: how long they take to say is a second apart. */
const numberOf = (time: number) => 10_000 + ((time * 36_013 + 47_481) % 90_000);

async function main(root: string, folder: string, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: '30' },
      node: { type: 'string', default: process.execPath },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const calls = Number(values.calls);
  if (!Number.isInteger(calls) || calls < 1) throw new Error('--calls wants a whole number from 1 on');
  const lack = missingParts();
  if (lack) throw new Error(`the bench needs Debian's engines, which cannot run here: ${lack}`);
  const programs = await makeEngines(folder);
  const text = path.join(folder, 'text.txt');
  const wave = path.join(folder, 'alone.wav');
  const scripts: Record<string, string> = {
    file: `await agi.streamFile('beep');`,
    ...Object.fromEntries(
      Object.keys(engines).flatMap((engine) => [
        [`${engine} cached`, `await agi.say(${JSON.stringify(sentence(0))}, { engine: '${engine}' });`],
        [`${engine} new`, `await agi.say(sentence, { engine: '${engine}' });`],
      ]),
    ),
  };
  const config = path.join(folder, 'fastagi.conf');
  writeFileSync(config, `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n[tts]\ncache=${folder}/spoken\n`);
  for (const [name, body] of Object.entries(scripts))
    writeFileSync(
      path.join(folder, `${name}.js`),
      `module.exports = async (agi) => {
        const sentence = require('node:fs').readFileSync(${JSON.stringify(text)}, 'utf8');
        await agi.noop(); ${body}
      };`,
    );
  const resident = await startResident(root, values.node, config, programs);
  const ways: Record<string, () => Promise<Way>> = {
    'wait = no': async () => {
      const line = await connect({
        node: values.node,
        file: path.join(root, 'dist/fastagi'),
        args: ['--config', config],
        env: environment(programs),
      });
      return { socket: line.socket, ended: line.ended };
    },
    pool: async () => {
      const socket = net.connect(resident.port, '127.0.0.1');
      return { socket, ended: once(socket, 'close') };
    },
  };
  const times = new Map<string, number[]>();
  const note = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
  const warmUp = Math.max(Math.ceil(calls / 10), 2);
  try {
    for (let round = 0; round < warmUp + calls; round++) {
      for (const [at, [way, open]] of Object.entries(ways).entries()) {
        writeFileSync(text, sentence(numberOf(round * 2 + at)));
        for (const name of Object.keys(scripts)) {
          const ms = await timeStream(await open(), folder, `${name}.js`);
          if (round >= warmUp) note(`${way}: ${name}`, ms);
        }
        // beside those, so that what else the machine does is the same for both, as is what is said
        for (const [engine, words] of Object.entries(engines)) {
          const began = performance.now();
          await once(spawn(path.join(programs, engine), words(text, wave), { stdio: 'ignore' }), 'exit');
          if (round >= warmUp) note(`${way}: ${engine} alone`, performance.now() - began);
        }
      }
    }
  } finally {
    await resident.stop();
  }
  // on a machine that does something else besides, the quickest says more than the middle
  const kinds = ['median', 'quickest'] as const;
  type Kind = (typeof kinds)[number];
  const summary = (kind: Kind, list: readonly number[]) =>
    kind === 'median' ? spreadOf([...list]).median : Math.min(...list);
  const of = (name: string) => times.get(name) as number[];
  /** What each call took beside what others took in its round. */
  const beside =
    (name: string, ...others: string[]) =>
    (kind: Kind) =>
      kind === 'median'
        ? summary(
            kind,
            of(name).map((ms, round) =>
              others.reduce((rest, other) => rest - (of(other)[round] as number), ms),
            ),
          )
        : others.reduce((rest, other) => rest - summary(kind, of(other)), summary(kind, of(name)));
  const row = (what: string, ms: (kind: Kind) => number, goal?: number) => {
    const cells = kinds.map((kind) => `${ms(kind).toFixed(2).padStart(10)}`).join('');
    const verdict = ms('median') < (goal ?? 0) ? 'met' : 'not met';
    return `${what.padEnd(50)}${cells}${goal === undefined ? '' : `   goal < ${goal}: ${verdict}`}`;
  };
  const version = spawn(values.node, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [node] = await once(version.stdout as NodeJS.ReadableStream, 'data');
  const lines = [
    `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores, Node ${String(node).trim()}, ${new Date().toISOString().slice(0, 10)}; ${calls} calls each`,
    '',
    `${'ms'.padEnd(50)}${kinds.map((kind) => kind.padStart(10)).join('')}`,
    ...Array.from(times, ([name, list]) => row(name, (kind) => summary(kind, list))),
    '',
    "what it costs beside the file, and beside the engine (median of the rounds' differences)",
    ...Object.keys(ways).flatMap((way) =>
      Object.keys(engines).flatMap((engine) => [
        row(`${way}: a cached sentence (${engine})`, beside(`${way}: ${engine} cached`, `${way}: file`), 1),
        row(
          `${way}: a first one (${engine})`,
          beside(`${way}: ${engine} new`, `${way}: file`, `${way}: ${engine} alone`),
          5,
        ),
      ]),
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A connection to what serves the call, and when that has ended. */
interface Way {
  readonly socket: net.Socket;
  readonly ended: Promise<unknown>;
}

const environment = (programs: string) => ({ PATH: `${programs}:/usr/bin:/bin` });

/** `fastagi listen` with one process, so that each call but the first comes to one that has served others. */
async function startResident(
  root: string,
  node: string,
  config: string,
  programs: string,
): Promise<{ readonly port: number; stop(): Promise<unknown> }> {
  const port = await freePort();
  const words = ['listen', '--config', config, '--port', String(port), '--processes', '1', '--spare', '1'];
  const child = spawn(node, [path.join(root, 'dist/fastagi'), ...words], {
    stdio: 'ignore',
    env: environment(programs),
  });
  const ended = once(child, 'exit');
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  for (let open = false; !open; ) {
    if (child.exitCode !== null) throw new Error(`fastagi listen has ended with ${child.exitCode}`);
    const socket = net.connect(port, '127.0.0.1');
    open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => setTimeout(resolve, 50, false));
    });
    socket.destroy();
  }
  return { port, stop };
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** From the answer to NOOP to the STREAM FILE behind it, in ms. */
async function timeStream({ socket, ended }: Way, folder: string, script: string): Promise<number> {
  let answered = 0;
  let streamed = 0;
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    const command = String(chunk);
    if (command.startsWith('STREAM FILE')) streamed = performance.now();
    socket.write('200 result=0 endpos=0\n');
    if (command.startsWith('NOOP')) answered = performance.now();
  });
  socket.write(requestFor(encodeURIComponent(script)));
  await ended;
  socket.destroy();
  if (streamed === 0 || answered === 0)
    throw new Error(`${script} has played nothing:\n${readFileSync(path.join(folder, 'log'), 'utf8')}`);
  return streamed - answered;
}

const [root, folder, ...args] = process.argv.slice(2);
try {
  await main(root as string, folder as string, args);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
