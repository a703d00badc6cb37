/** The built files on the other Nodes that people run: their binaries come from the npm registry. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isKnownVersion } from '../../src/tts/direct-start';
import { call, requestFor } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';
import { Resident } from '../support/resident';
import { standIns } from '../support/speech';
import { hasNodeBinaries, missingParts, nodeBinary, nodeMajors } from './support/parts';

const files = {
  'common.js': "fastagi.verbose('cool'); fastagi.setVariable('test', '1111');",
  'module.mjs':
    "await agi.answer(); const { version } = await import('node:process'); await agi.setVariable('test', version);",
  'detected.js':
    "import path from 'node:path'; export default async (agi) => { await agi.setVariable('test', path.sep) };",
  'awaits.agi': "await agi.answer(); await agi.setVariable('test', typeof require);",
  noending: "export default (agi) => agi.setVariable('test', 'none');",
  'typed.ts':
    "import type { Agi } from 'fastagi'; export default async (agi: Agi): Promise<void> => { await agi.setVariable('test', 'typed' as string) };",
  'typed-awaits.mts': "const test: string = 'typed'; await agi.setVariable('test', test);",
  'typed-common.cts': "const test: string = 'typed'; agi.setVariable('test', test);",
  'throws.ts': "const test: string = 'typed';\nthrow new Error(test);",
  'exits.js': "agi.streamFile('x'); setTimeout(() => process.exit(0), 50)",
};
const last = (lines: readonly string[]) => lines.at(-1);

describe.skipIf(missingParts() || !hasNodeBinaries()).each([...nodeMajors])('Node %i', (major) => {
  async function place(script: string, config = '') {
    const node = await nodeBinary(major);
    return call({ script, files, config, program: { node } });
  }

  it.each([
    ['common', 'SET VARIABLE test 1111'],
    ['module', `SET VARIABLE test v${major}.`],
    ['detected', 'SET VARIABLE test /'],
    ['awaits', 'SET VARIABLE test undefined'],
    ['noending', 'SET VARIABLE test none'],
    ['typed', 'SET VARIABLE test typed'],
    ['typed-awaits', 'SET VARIABLE test typed'],
    ['typed-common', 'SET VARIABLE test typed'],
  ])('runs %s', async (script, command) => {
    const outcome = await place(script);
    expect(outcome, outcome.log).toMatchObject({ code: 0, signal: null, log: '' });
    expect(last(outcome.commands)).toContain(command);
  });

  it.each(['pool', 'shared'])('listens, %s, in one process for many calls', async (mode) => {
    const node = await nodeBinary(major);
    await using server = await Resident.start({
      node,
      files: {
        'common.js':
          "const lib = require(__dirname + '/lib.js'); module.exports = (agi) => agi.verbose(process.pid + lib)",
        'lib.js': "module.exports = ' old'",
        'module.mjs': "import lib from './lib.mjs'; export default (agi) => agi.verbose(process.pid + lib)",
        'lib.mjs': "export default ' old'",
        'throws.js':
          "module.exports = () => { setTimeout(() => { throw new Error('late') }, 5); return new Promise(() => {}) }",
      },
      listen: 'spare = 1',
      args: ['--mode', mode, '--processes', '1'],
    });
    const said = new Set<string | undefined>();
    for (const script of ['common', 'module', 'common', 'module', 'common'])
      said.add((await server.call(script))[0]);
    expect(said.size).toBe(1);
    server.write('lib.js', "module.exports = ' changed'");
    server.write('lib.mjs', "export default ' changed'");
    for (const script of ['common', 'module']) {
      await expect.poll(() => server.call(script)).toEqual([expect.stringContaining(' changed')]);
    }
    expect(await server.call('throws')).toEqual([expect.stringContaining('Error: late'), 'FAILURE']);
  });

  it('listens, with a process for each call', async () => {
    await using server = await Resident.start({
      node: await nodeBinary(major),
      files: {
        'common.js': 'module.exports = (agi) => agi.verbose(process.pid)',
        'module.mjs': 'export default (agi) => agi.verbose(process.pid)',
      },
      args: ['--max-calls', '1', '--spare', '2'],
    });
    const calls = Array.from({ length: 12 }, (_, call) => server.call(call % 2 ? 'common' : 'module'));
    const said = (await Promise.all(calls)).map(([verbose]) => verbose);
    expect(new Set(said).size).toBe(12);
    expect(server.log()).not.toMatch(/ (warning|error) /);
  });

  it('tells where a typed script throws', async () => {
    const outcome = await place('throws');
    expect(outcome).toMatchObject({
      code: 1,
      commands: ['VERBOSE "throws.ts: Error: typed (throws.ts:2)" 1', 'FAILURE'],
    });
  });

  it('refuses what is not there', async () => {
    expect(await place('missing')).toMatchObject({ code: 3 });
  });

  it('leaves with the exit code of a script that exits while Asterisk does not answer', async () => {
    const node = await nodeBinary(major);
    const outcome = await call({ script: 'exits', files, answer: () => undefined, program: { node } });
    expect(outcome).toMatchObject({ code: 0, signal: null, commands: ['STREAM FILE x "" 0', 'NOOP'] });
  });

  it('refuses a silent connection with its exit code', async () => {
    const node = await nodeBinary(major);
    const outcome = await call({
      script: '',
      files,
      request: '',
      config: 'header_seconds=0.2\n',
      program: { node },
    });
    expect(outcome).toMatchObject({ code: 3, signal: null, commands: [] });
  });

  it('speaks, and loads no module to start the engine with in a version that was looked at', async () => {
    const node = await nodeBinary(major);
    const { folder, cache } = standIns({ flite: 'speaks' });
    mkdirSync(cache);
    // a sweep that is not due
    writeFileSync(path.join(cache, `.swept-${process.getuid?.()}`), '');
    const script = `module.exports = async (agi) => { await agi.say('Hello');
      agi.verbose(process.version + ' ' + process.moduleLoadList.includes('NativeModule child_process')); };`;
    const outcome = await call({
      script: 'speaks',
      files: { 'speaks.js': script },
      config: `[tts]\ncache=${cache}\n`,
      program: { node, env: { PATH: `${folder}:/usr/bin:/bin` } },
    });
    expect(outcome).toMatchObject({ code: 0, signal: null, log: '' });
    const [, version, loaded] = /^VERBOSE "v(\S+) (true|false)" 1$/.exec(last(outcome.commands) ?? '') ?? [];
    expect(loaded).toBe(String(!isKnownVersion(version as string)));
    expect(readdirSync(cache).filter((name) => /\.wav(16)?$/.test(name))).toHaveLength(2);
  });

  it('runs a script by agi', async () => {
    const folder = makeFolder();
    const script = path.join(folder, 'typed.ts');
    writeFileSync(script, files['typed.ts']);
    const outcome = await call({
      script: '',
      request: requestFor('x').replace(/^agi_network.*\n/gm, ''),
      program: { node: await nodeBinary(major), file: executable('agi'), args: [script] },
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['SET VARIABLE test typed'] });
  });
});
