/** `fastagi/testing` as others import it: from the package, by Node's own test runner. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeFolder, root } from '../support/inet';

const run = promisify(execFile);

function project(files: Record<string, string>): string {
  const folder = makeFolder(files);
  mkdirSync(`${folder}/node_modules`);
  symlinkSync(root, `${folder}/node_modules/fastagi`);
  return folder;
}

const script = `export default async (agi) => {
  const { digits } = await agi.getData('vm-extension');
  await agi.sayDigits(digits);
};`;

describe('the package', () => {
  it.each([
    ['an ES module', 'mjs', `import { simulate } from 'fastagi/testing';\nimport test from 'node:test';`],
    [
      'CommonJS',
      'cjs',
      `const { simulate } = require('fastagi/testing');\nconst test = require('node:test');`,
    ],
  ])('is imported by %s', async (_, ending, head) => {
    const name = `script.test.${ending}`;
    const folder = project({
      'script.mjs': script,
      [name]: `${head}
test('a call', async () => {
  const call = await simulate(__dirname_ + '/script.mjs', { digits: '12#' });
  await call.ended();
  call.expectHeard('vm-extension', 12);
});`.replace('__dirname_', JSON.stringify('.')),
    });
    const { stdout } = await run(process.execPath, ['--test', name], { cwd: folder });
    expect(stdout).toMatch(/pass 1\n/);
  });

  it("goes by its own time where the test has put Node's own stand-ins in its place", async () => {
    const folder = project({
      'timers.test.mjs': `import { simulate } from 'fastagi/testing';
import test, { mock } from 'node:test';
test('a call', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'setInterval', 'Date'] });
  const call = await simulate(async (agi) => {
    await agi.answer();
    await agi.waitForDigit(60_000);
  });
  await call.ended();
  call.expectStatus('SUCCESS');
});`,
    });
    const { stdout } = await run(process.execPath, ['--test', 'timers.test.mjs'], { cwd: folder });
    expect(stdout).toMatch(/pass 1\n/);
  });

  it('does not hold up a test that fails in the middle of a call, and leaves no process', async () => {
    const folder = project({
      'stays.sh': `#!/bin/sh\necho $$ > pid\ntrap '' HUP PIPE\nwhile :; do sleep 0.1; done\n`,
      'script.mjs': script,
      'fails.mjs': `import { simulate } from 'fastagi/testing';
import { chmodSync, existsSync } from 'node:fs';
chmodSync('stays.sh', 0o755);
await simulate('./stays.sh');
const call = await simulate('./script.mjs');
await call.prompt('vm-extension');
while (!existsSync('pid')) await new Promise(setImmediate);
throw new Error('of the test itself');`,
    });
    await expect(run(process.execPath, ['fails.mjs'], { cwd: folder })).rejects.toThrow('of the test itself');
    const { readFileSync } = await import('node:fs');
    const pid = Number(readFileSync(`${folder}/pid`, 'utf8'));
    await expect
      .poll(() => {
        try {
          process.kill(pid, 0);
          return 'there';
        } catch {
          return 'gone';
        }
      })
      .toBe('gone');
  });

  it('has types', async () => {
    const folder = project({
      'typed.mts': `import { type CallEvent, ExpectationError, simulate, type TestCall } from 'fastagi/testing';
import type { Agi } from 'fastagi';
const call: TestCall = await simulate(async (agi: Agi) => { await agi.answer(); }, { callerId: { number: '1' }, digits: 12 });
await call.ended();
const events: readonly CallEvent[] = call.events;
const place: { context: string } | undefined = call.goesTo;
// @ts-expect-error a phone has no such key
call.press(true);
export { events, place, ExpectationError };
`,
    });
    const tsc = `${root}/node_modules/typescript/bin/tsc`;
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    await run(
      process.execPath,
      [tsc, ...options, '--typeRoots', `${root}/node_modules/@types`, 'typed.mts'],
      {
        cwd: folder,
      },
    ).catch((error) => {
      throw new Error(error.stdout);
    });
  });

  it('has types for programs in older JavaScript', async () => {
    const folder = project({
      'old.ts': `import { AgiError, type Agi } from 'fastagi';
import { Ami } from 'fastagi/ami';
import { Ari } from 'fastagi/ari';
import { simulate } from 'fastagi/testing';
import type {} from 'fastagi/globals';
export default async (agi: Agi) => agi.answer();
export const all = [AgiError, Ami, Ari, simulate];
`,
    });
    const tsc = `${root}/node_modules/typescript/bin/tsc`;
    const options = ['--noEmit', '--strict', '--module', 'commonjs', '--target', 'es2020', '--types', 'node'];
    const types = ['--typeRoots', `${root}/node_modules/@types`];
    await run(process.execPath, [tsc, ...options, ...types, 'old.ts'], { cwd: folder }).catch((error) => {
      throw new Error(error.stdout);
    });
  });
});
