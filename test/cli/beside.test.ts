/** What every command meets before it begins. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';

it.each(['call x.js', 'trace x', 'install --dry-run', '--help'])(
  'fastagi %s in a folder that has been removed',
  (words) => {
    const folder = makeFolder();
    const command = `cd ${folder} && rmdir ${folder} && exec ${process.execPath} ${executable('fastagi')} ${words}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([
      3,
      '',
      'fastagi: the folder that it is called in has been removed: cd to another one\n',
    ]);
  },
);
