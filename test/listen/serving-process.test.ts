/** A process that serves calls, as its master starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { defaults } from '../../src/config';
import type { Order } from '../../src/listen/messages';
import { makeFolder, root } from '../support/inet';

it.each(['pool', 'shared'] as const)(
  '%s: is ready where its folder has been removed meanwhile',
  async (mode) => {
    const cwd = makeFolder();
    const child = spawn(process.execPath, [path.join(root, 'dist/fastagi-process.js'), '0'], {
      cwd,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit');
    // it heeds no other signal
    onTestFinished(() => void child.kill('SIGKILL'));
    const tell = async (order: Order) => {
      child.send(order);
      return (await Promise.race([once(child, 'message'), ended]))[0];
    };
    expect(await tell({ type: 'ping' })).toEqual({ type: 'pong' });
    rmdirSync(cwd);
    const limits = { maxActive: 0, maxPerAddress: 0, allow: [] };
    const terms = { mode, config: defaults, syslog: false, maxCalls: 1, limits };
    expect(await tell({ type: 'begin', terms, sockets: 0 })).toEqual({ type: 'ready' });
  },
);
