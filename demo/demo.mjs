// `npm run demo`: two calls through the built `fastagi`, with no Asterisk and no xinetd. This program is both:
// it hands the connection to `fastagi` as xinetd does, and answers its commands as Asterisk does.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../setup.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const fastagi = path.join(here, '..', 'dist', 'fastagi');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const show = (who, text) => console.log(`  ${paint(who === 'Asterisk' ? 36 : 33, who.padEnd(8))}  ${text}`);

/** What Asterisk replies to a command, and what the caller hears and does meanwhile. */
const replies = [
  [/^ANSWER/, '200 result=0', 'the phone is answered'],
  [/^GET DATA (\S+)/, '200 result=1234', (file) => `the caller hears "${file}" and types 1 2 3 4`],
  [/^SAY DIGITS (\d+)/, '200 result=0', (digits) => `the caller hears ${[...digits].join(', ')}`],
  [/^VERBOSE "(.*)"/, '200 result=1', (text) => `on Asterisk's console: ${text}`],
  [
    /^SET VARIABLE (\S+) (\S+)/,
    '200 result=1',
    (name, value) => `in the dialplan \${${name}} is now ${value}`,
  ],
];

build();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fastagi-demo-'));
try {
  const log = path.join(folder, 'fastagi.log');
  const config = path.join(folder, 'fastagi.conf');
  fs.writeFileSync(config, `[fastagi]\nbasedir = ${path.join(here, 'scripts')}\nlog = ${log}\n`);
  console.log('Two calls through dist/fastagi, the program that xinetd starts for each of them.');
  console.log('No Asterisk and no xinetd are needed: this demo plays their parts.');
  for (const script of ['hello.js', 'extension.mjs']) await call(script, config);
  console.log(`\n${paint(1, 'The log, where the script wrote to the console:')}\n`);
  console.log(fs.readFileSync(log, 'utf8').replace(/^/gm, '  ').trimEnd());
  console.log('\nNext: README.md, "Ten minutes to a first real call".');
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

async function call(script, config) {
  console.log(`\n${paint(1, `demo/scripts/${script}`)}\n`);
  console.log(
    paint(
      2,
      fs
        .readFileSync(path.join(here, 'scripts', script), 'utf8')
        .replace(/^/gm, '  ')
        .trimEnd(),
    ),
  );
  console.log(`\n${paint(1, `A call: the dialplan says AGI(agi://127.0.0.1/${script})`)}\n`);

  // xinetd's part: the connection becomes the program's descriptors 0, 1 and 2
  const server = net.createServer({ pauseOnConnect: true }, (connection) => {
    program = spawn(process.execPath, ['--no-rehash-snapshot', fastagi, '--config', config], {
      stdio: [connection, connection, connection],
      env: { PATH: process.env.PATH },
    });
    ended = new Promise((resolve, reject) => program.once('exit', resolve).once('error', reject));
    connection.destroy();
    server.close();
  });
  let program;
  let ended;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  // Asterisk's part: the request, then a reply to each command
  const begun = performance.now();
  const socket = net.connect({ port: server.address().port, host: '127.0.0.1' });
  const request = [
    'agi_network: yes',
    `agi_network_script: ${script}`,
    `agi_request: agi://127.0.0.1/${script}`,
    'agi_channel: PJSIP/alice-00000001',
    'agi_version: 22.10.1',
    'agi_callerid: 5551234',
    'agi_calleridname: Alice',
    'agi_context: default',
    'agi_extension: 100',
    'agi_priority: 1',
  ];
  socket.write(`${request.join('\n')}\n\n`);
  for (const line of request) show('Asterisk', paint(2, line));
  let first;
  let held = '';
  socket.on('data', (chunk) => {
    first ??= performance.now();
    held += chunk;
    const lines = held.split('\n');
    held = lines.pop();
    for (const line of lines) {
      show('script', line);
      const [pattern, reply, happens] = replies.find(([pattern]) => pattern.test(line)) ?? [
        /^/,
        '200 result=0',
        '',
      ];
      const words = typeof happens === 'function' ? happens(...pattern.exec(line).slice(1)) : happens;
      show('Asterisk', `${reply.padEnd(20)}${paint(2, words)}`);
      socket.write(`${reply}\n`);
    }
  });
  await new Promise((resolve) => socket.once('close', resolve));
  const code = await ended;
  const took = (performance.now() - begun).toFixed(0);
  console.log(
    `\n  The script ended with exit code ${code}; the first command came after ${(first - begun).toFixed(0)} ms, the end after ${took} ms.`,
  );
  if (code !== 0) throw new Error(`fastagi ended with exit code ${code}`);
}
