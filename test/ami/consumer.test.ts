/** `fastagi/ami` as a program of someone else's sees it: the built library, its types under strict checks. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, root } from '../support/inet';

const program = `import { Ami, AmiActionError, endCall, type EventStream, managerOptions } from 'fastagi/ami';
import type { Agi } from 'fastagi';
import { Ari, AriServer } from 'fastagi/ari';
import type {} from 'fastagi/globals';
import { simulate } from 'fastagi/testing';

export async function all(agi: Agi): Promise<void> {
  const ami: Ami = await Ami.connect({ ...managerOptions(), tls: { ca: 'x' }, reconnect: { attempts: 3 } });
  const stop = ami.on('Hangup', (event) => {
    const cause: string | undefined = event.get('Cause-txt');
    console.log(cause, event.name);
  });
  stop();
  for await (const event of ami.events(['Newchannel', 'Hangup'], { limit: 5 })) console.log(event.get('Channel'));
  const stream: EventStream<unknown> = ami.events();
  await stream.return();
  const call = await ami.originate({ channel: 'x', context: 'a', extension: 's', variables: { A: 1 } });
  if (call.outcome === 'answered') console.log(call.channel);
  for await (const one of ami.asyncAgi({ namesScript: true })) {
    const same: Agi = one;
    await same.answer();
    await endCall(one, { failed: true });
  }
  try {
    const { items } = await ami.list('QueueStatus', { Queue: 'x' });
    console.log(items[0]?.all('Member'));
  } catch (error) {
    if (error instanceof AmiActionError) console.log(error.code, error.output);
  }
  await (await agi.manager({ timeoutMs: 1000 })).ping();
  await ami.close();
}

// what an environment may lack is handed on as it is
export async function from(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined, agi: Agi): Promise<void> {
  const { HOST: host, USER: username = '', SECRET: password = '' } = env;
  const reconnect = host ? { attempts: 3, maxDelayMs: undefined } : undefined;
  const ami = await Ami.connect({ host, username, secret: password, signal, reconnect, trace: undefined });
  ami.events([], { limit: undefined, signal });
  ami.asyncAgi({ accept: undefined, signal });
  await ami.originate({ channel: 'x', application: 'Wait', data: undefined, callerId: env.CALLER, signal });
  const ari = new Ari({ host, username, password, signal, reconnect, tls: undefined, onError: undefined });
  await ari.start('x', { signal, subscribeAll: undefined });
  await AriServer.listen({ host, port: undefined, username, password, onConnection() {} });
  const may = env.NEVER === undefined ? undefined : 1;
  await agi.streamFile('x', { escapeDigits: env.KEYS, offsetSamples: may });
  await agi.getData('x', { timeoutMs: may, maxDigits: may, secret: undefined });
  await agi.recordFile('x', 'wav', { timeoutMs: may, beep: undefined, silenceSeconds: may });
  await agi.say('x', { engine: env.ENGINE, voice: env.VOICE, rate: may, escapeDigits: undefined });
  await agi.ask({ prompt: 'x', minDigits: may, parse: undefined, messages: { timeout: env.PROMPT, failed: undefined } });
  await agi.menu({ 1: 'x' }, { greeting: env.GREETING, attempts: may, messages: undefined });
  await agi.dial('x', { timeoutSeconds: may, flags: env.FLAGS });
  await simulate('x.js', { callerId: env.CALLER, sounds: env.SOUNDS, time: undefined, dial: undefined });
}
`;

describe('fastagi/ami', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeFolder({
      'program.mts': program,
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          target: 'es2023',
          lib: ['es2023'],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          types: ['node'],
          // the types of whoever has none of what is bundled
          skipLibCheck: false,
        },
        files: ['program.mts'],
      }),
    });
    // a copy, for what is installed has not our node_modules around it
    for (const part of ['package.json', 'dist'])
      fs.cpSync(path.join(root, part), path.join(folder, 'node_modules/fastagi', part), { recursive: true });
    fs.mkdirSync(path.join(folder, 'node_modules/@types'));
    fs.symlinkSync(
      path.join(root, 'node_modules/@types/node'),
      path.join(folder, 'node_modules/@types/node'),
    );
  });

  it('has types that a strict program compiles with', async () => {
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (error) => error,
    );
    expect(stdout).toBe('');
  });

  it('is imported by name, and required', async () => {
    const by = (text: string, kind: string) =>
      promisify(execFile)(process.execPath, [`--input-type=${kind}`, '-e', text], { cwd: folder });
    const names = 'Ami.name, typeof managerOptions, new AmiArgumentError("x").code';
    const imported = await by(
      `import { Ami, AmiArgumentError, managerOptions } from 'fastagi/ami'; console.log(${names});`,
      'module',
    );
    expect(imported.stdout).toBe('Ami function AMI_ARGUMENT\n');
    const required = await by(
      `const { Ami, AmiArgumentError, managerOptions } = require('fastagi/ami'); console.log(${names});`,
      'commonjs',
    );
    expect(required.stdout).toBe(imported.stdout);
  });

  it.each(['', '/ami', '/ari', '/testing'])(
    'has its classes by the names that it gives them: fastagi%s',
    async (part) => {
      const text = `const all = require('fastagi${part}');
      console.log(Object.entries(all).filter(([name, { name: own }]) => name !== own).join());`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', text], { cwd: folder });
      expect(stdout).toBe('\n');
    },
  );

  it('may have its globals imported for what that does, which is nothing', async () => {
    const options = ['--input-type=module', '-e', "import 'fastagi/globals'; console.log('ran');"];
    const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: folder });
    expect(stdout).toBe('ran\n');
  });

  // "moduleResolution": "node10", which is TypeScript's own choice beside "module": "commonjs" up to version 5
  it('has its types where a compiler looks that does not know of exports', () => {
    const { exports, typesVersions, types } = JSON.parse(
      fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
    ) as {
      exports: Record<string, { types?: string }>;
      typesVersions: { '*': Record<string, string[]> };
      types: string;
    };
    const found = Object.entries(typesVersions['*']).map(([name, files]) => [`./${name}`, ...files]);
    const told = Object.entries(exports).flatMap(([name, { types }]) => (types ? [[name, types]] : []));
    expect([['.', `./${types}`], ...found].sort()).toEqual(told.sort());
    for (const [, file = ''] of told) expect(fs.existsSync(path.join(root, file))).toBe(true);
  });
});
