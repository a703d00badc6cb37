/** A script whose text a process of the pool has met before runs from what was compiled then, and cannot tell. */
import { describe, expect, it } from 'vitest';
import { Resident } from '../support/resident';

const CALLS = 4;

async function callsOf(files: Record<string, string>, name = 'script'): Promise<(string | undefined)[]> {
  await using server = await Resident.start({ files, listen: 'processes = 1\nspare = 1' });
  const said: (string | undefined)[] = [];
  for (let call = 0; call < CALLS; call++) said.push((await server.call(name))[0]);
  return said;
}

const always = (line: string) => Array.from({ length: CALLS }, () => line);

describe('a script that is called again', () => {
  it('is compiled by Node once', async () => {
    const text = "agi.verbose(new Error().stack.split('\\n')[2].includes('node:internal') ? 'Node' : 'kept')";
    expect(await callsOf({ 'script.js': text })).toEqual([
      'VERBOSE Node 1',
      ...always('VERBOSE kept 1').slice(1),
    ]);
  });

  it.each<[string, string, string]>([
    [
      'is given what Node gives to a module',
      'agi.verbose([this === exports, exports === module.exports, require.main === module, module.id, module.loaded, __filename === module.filename, module.path === __dirname, arguments.length].join())',
      'VERBOSE true,true,true,.,false,true,true,5 1',
    ],
    [
      'is the parent of what it requires, which is loaded anew',
      "const lib = require(__dirname + '/lib'); agi.verbose([++lib.calls, lib.parent() === module, module.children.length, require.resolve(__dirname + '/lib') === lib.file].join())",
      'VERBOSE 1,true,1,true 1',
    ],
    [
      'has a function of its own around it',
      'const { callee } = arguments; callee.calls = (callee.calls ?? 0) + 1; agi.verbose(callee.calls)',
      'VERBOSE 1 1',
    ],
    ['may be strict', "'use strict'; agi.verbose((() => this === module.exports)())", 'VERBOSE true 1'],
    [
      'is in the right place on its first line',
      'agi.verbose(/script\\.js:\\d+:\\d+/.exec(new Error().stack)?.[0])',
      'VERBOSE script.js:1:39 1',
    ],
    [
      'may begin with what the kernel reads',
      '#!/usr/bin/env agi\nagi.verbose(/script\\.js:\\d+:\\d+/.exec(new Error().stack)?.[0])',
      'VERBOSE script.js:2:39 1',
    ],
    ['may end in a remark', 'agi.verbose(1) // and no more', 'VERBOSE 1 1'],
    [
      'imports in the middle of a string',
      "eval('im' + 'port(\"node:os\")').then((os) => agi.verbose(typeof os.cpus))",
      'VERBOSE function 1',
    ],
  ])('%s', async (_, text, line) => {
    const lib =
      'exports.calls = 0; exports.file = __filename; exports.parent = () => module.parent; exports.deep = 1';
    expect(await callsOf({ 'script.js': text, 'lib.js': lib })).toEqual(always(line));
  });

  it('is refused each time where it is none by itself', async () => {
    const said = await callsOf({ 'script.js': "agi.verbose('inside') }); (function () {" });
    expect(said).toEqual(always(said[0] as string));
    expect(said[0]).toMatch(/SyntaxError/);
  });

  it('is taken up as it is now, and as it was before', async () => {
    await using server = await Resident.start({
      files: { 'script.js': 'agi.verbose(1)' },
      listen: 'processes = 1\nspare = 1',
    });
    const said: (string | undefined)[] = [];
    for (const word of [1, 1, 1, 2, 2, 2, 1, 1]) {
      server.write('script.js', `agi.verbose(${word})`);
      said.push((await server.call('script'))[0]);
    }
    expect(said).toEqual([1, 1, 1, 2, 2, 2, 1, 1].map((word) => `VERBOSE ${word} 1`));
  });
});
