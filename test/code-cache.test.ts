/** Node's own account of which of its modules it had to compile. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { call } from './support/asterisk';
import { executable, makeFolder, root } from './support/inet';

const source = readFileSync(path.join(root, 'src/code-cache.ts'), 'utf8');
const { code } = transformSync(source, { loader: 'ts', format: 'cjs' });

/** How child_process came in, where `first` runs before it is loaded. */
function loaded(first: string, ...flags: string[]): string {
  const program = `${code}; ${first};
    process.getBuiltinModule('node:child_process');
    const { compiledWithCache: cached } = require('internal/test/binding').internalBinding('builtins').getCacheUsage();
    process.stdout.write(cached.has('child_process') ? 'from the cache' : 'compiled');`;
  const args = [...flags, '--expose-internals', '--no-warnings', '-e', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

describe("Node's code cache", () => {
  it('is refused under the flag of the service file, unless it is accepted again', () => {
    expect(loaded('')).toBe('from the cache');
    expect(loaded('', '--no-rehash-snapshot')).toBe('compiled');
    expect(loaded('acceptCodeCache()', '--no-rehash-snapshot')).toBe('from the cache');
  });

  it.each([
    ['the manager', 'net', 'await agi.manager().catch(() => {});', ''],
    ['the REST interface', 'http', 'agi.ari();', ''],
    ['syslog', 'child_process', '', 'log = syslog\n'],
    ['mail', 'child_process', `throw new Error('to be mailed');`, ''],
  ])('is accepted for %s', async (_, module, script, log) => {
    const folder = makeFolder({
      'looks.js': `process.once('exit', () => {
          const { compiledWithCache, compiledWithoutCache } =
            require('internal/test/binding').internalBinding('builtins').getCacheUsage();
          const told = [compiledWithCache, compiledWithoutCache].map((set) => set.has('${module}'));
          require('fs').writeFileSync(__filename + '.told', told.join());
        });
        module.exports = async (agi) => { ${script} };`,
    });
    await call({
      script: 'looks.js',
      folder,
      // nobody listens there
      config: `sendmail = /bin/true\n${log}[phpagi]\nadmin = jo@pbx.example\n[asmanager]\nport = 1\nusername = jo\nsecret = x\n[ari]\nport = 1\nusername = jo\npassword = x\n`,
      program: { file: executable('fastagi'), flags: ['--no-rehash-snapshot', '--expose-internals'] },
    });
    expect(readFileSync(path.join(folder, 'looks.js.told'), 'utf8')).toBe('true,false');
  });

  it('leaves whole what begins behind it: contexts, threads, children', () => {
    // names that a hash table of another seed would not find again
    const look = `const names = new Map(Array.from({ length: 5000 }, (_, i) => ['n' + i, i]));
      const found = Array.from({ length: 5000 }, (_, i) => names.get('n' + i)).every((value, i) => value === i);
      const told = found && ['Map', 'Array', 'JSON', 'WebAssembly'].every((name) => name in globalThis) && 'toString' in {}`;
    const program = `${code}; acceptCodeCache();
      const { Worker } = require('node:worker_threads');
      const context = require('node:vm').runInNewContext(${JSON.stringify(`${look}; told`)});
      const child = require('node:child_process').execFileSync(process.execPath, [...process.execArgv.slice(0, 1), '-p', ${JSON.stringify(`${look}; told`)}]);
      new Worker(${JSON.stringify(`${look}; require('node:worker_threads').parentPort.postMessage(told)`)}, { eval: true })
        .on('message', (thread) => console.log(context, thread, String(child).trim()));`;
    const args = ['--no-rehash-snapshot', '-e', program];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('true true true\n');
  });

  it('costs nothing where there is no such flag', () => {
    const program = `${code}; acceptCodeCache(); process.stdout.write(String(process.moduleLoadList.includes('NativeModule v8')))`;
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('false');
  });
});
