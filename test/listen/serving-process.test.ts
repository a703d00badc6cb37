/** A process that serves calls, as its master starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { defaults } from '../../src/config';
import type { Order, Terms } from '../../src/listen/messages';
import { makeFolder, root } from '../support/inet';

it.each(['pool', 'shared'] as const)(
  '%s: is ready where its folder was removed while it was on its way',
  async (mode) => {
    const cwd = makeFolder();
    const remove = path.join(
      makeFolder({ 'remove.cjs': `require('node:fs').rmdirSync('${cwd}')` }),
      'remove.cjs',
    );
    const child = spawn(
      process.execPath,
      ['--require', remove, path.join(root, 'dist/fastagi-process.js'), '0'],
      {
        cwd,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    const limits = { maxActive: 0, maxPerAddress: 0, allow: [] };
    const terms: Terms = { mode, config: defaults, syslog: false, maxCalls: 1, limits };
    const begin: Order = { type: 'begin', terms, sockets: 0 };
    child.send(begin);
    const ended = once(child, 'exit');
    const said = await Promise.race([once(child, 'message'), ended]);
    expect(said[0]).toEqual({ type: 'ready' });
    child.kill('SIGKILL');
    await ended;
  },
);
