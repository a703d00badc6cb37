/** Who may do what with a file, held against what the kernel says where the test may ask it as another user. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { obstacleFor, type Wish } from '../../src/setup/access';
import { type Account, readAccount } from '../../src/setup/accounts';
import { makeFolder } from '../support/inet';

const stranger: Account = { name: 'jo', uid: 4711, gid: 4711, groups: new Set([4711, 4712]), home: '/' };
const root: Account = { name: 'root', uid: 0, gid: 0, groups: new Set([0]), home: '/root' };

/** A folder that everyone may go into, in one that everyone may: a test's own folder is its user's alone. */
function openFolder(): string {
  const folder = mkdtempSync('/tmp/fastagi-open-');
  folders.push(folder);
  chmodSync(folder, 0o755);
  return folder;
}
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function put(name: string, mode: number, owner: readonly [uid: number, gid: number] = [0, 0]): string {
  const file = path.join(openFolder(), name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  if (process.getuid?.() === 0) chownSync(file, ...owner);
  return file;
}

describe.runIf(process.getuid?.() === 0)('obstacleFor', () => {
  it.each<[string, Wish, number, readonly [number, number], string | undefined]>([
    ['anybody', 'read', 0o644, [0, 0], undefined],
    ['nobody else', 'read', 0o600, [0, 0], 'chmod o+r FILE'],
    ['its owner', 'read', 0o400, [4711, 0], undefined],
    ['all but its owner', 'read', 0o044, [4711, 0], 'chmod u+r FILE'],
    ['a group of his', 'read', 0o640, [0, 4712], undefined],
    ['all but a group of his', 'read', 0o604, [0, 4712], 'chmod g+r FILE'],
    ['anybody', 'run', 0o755, [0, 0], undefined],
    ['nobody', 'run', 0o644, [0, 0], 'chmod o+rx FILE'],
    ['nobody else', 'write', 0o644, [0, 0], 'chgrp 4711 FILE && chmod g+w FILE'],
    ['a group of his', 'write', 0o664, [0, 4712], undefined],
  ])('a file of %s to %s, mode %s, owner %s', (_, wish, mode, owner, remedy) => {
    const file = put('file', mode, owner);
    expect(obstacleFor(stranger, file, wish)?.remedy).toBe(remedy?.replaceAll('FILE', file));
  });

  it.each([0o644, 0o640, 0o604, 0o755, 0o750, 0o711, 0o070, 0o007, 0o700, 0o000])(
    'says of mode %i what the kernel does, as owner, in the group, as a stranger',
    (mode) => {
      for (const owner of [
        [4711, 0],
        [0, 4712],
        [0, 0],
      ] as const) {
        const file = put('file', mode, owner);
        for (const [wish, test] of [
          ['read', '-r'],
          ['write', '-w'],
        ] as const) {
          const kernel = asStranger('test', test, file);
          expect([wish, owner, obstacleFor(stranger, file, wish) === undefined]).toEqual([
            wish,
            owner,
            kernel,
          ]);
        }
      }
    },
  );

  it('names the folder above that is closed, and how to open it', () => {
    const file = put('closed/deeper/file', 0o644);
    const closed = path.dirname(path.dirname(file));
    chmodSync(closed, 0o700);
    expect(obstacleFor(stranger, file, 'read')).toEqual({
      place: closed,
      why: 'belongs to user 0, group root, mode 700, and jo may not go into it',
      remedy: `chmod o+x ${closed}`,
    });
  });

  it('goes the way that links lead, and comes to an end', () => {
    const file = put('hidden/file', 0o644);
    const folder = path.dirname(path.dirname(file));
    symlinkSync('hidden/file', path.join(folder, 'link'));
    symlinkSync('round', path.join(folder, 'round'));
    expect(obstacleFor(stranger, path.join(folder, 'link'), 'read')).toBeUndefined();
    chmodSync(path.dirname(file), 0o700);
    expect(obstacleFor(stranger, path.join(folder, 'link'), 'read')?.place).toBe(path.dirname(file));
    expect(obstacleFor(stranger, path.join(folder, 'round'), 'read')?.why).toContain('in a circle');
  });

  it('what is not there can be written where its folder can', () => {
    const file = put('file', 0o644);
    const missing = path.join(path.dirname(file), 'log');
    expect(obstacleFor(stranger, missing, 'write')?.place).toBe(path.dirname(file));
    expect(obstacleFor(stranger, missing, 'read')?.why).toBe('is not there');
    chownSync(path.dirname(file), 4711, 0);
    expect(obstacleFor(stranger, missing, 'write')).toBeUndefined();
  });

  it('to root nothing is closed; but what nobody may run, root may not, either', () => {
    const file = put('file', 0o000);
    expect(obstacleFor(root, file, 'read')).toBeUndefined();
    expect(obstacleFor(root, file, 'run')?.remedy).toBe(`chmod +x ${file}`);
  });
});

function asStranger(...command: string[]): boolean {
  try {
    execFileSync('setpriv', ['--reuid=4711', '--regid=4711', '--groups=4711,4712', '--', ...command]);
    return true;
  } catch {
    return false;
  }
}

describe('readAccount', () => {
  const machine = makeFolder({
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nasterisk:x:101:102:,,,:/var/lib/asterisk:/bin/false\n',
    'etc/group': 'root:x:0:\nasterisk:x:102:\ndialout:x:20:jo,asterisk\naudio:x:29:jo\n',
  });

  it.each(['asterisk', 101])('%s', (wanted) => {
    expect(readAccount(wanted, machine)).toEqual({
      name: 'asterisk',
      uid: 101,
      gid: 102,
      groups: new Set([102, 20]),
      home: '/var/lib/asterisk',
    });
  });

  it('gives nothing where there is none, or no such file', () => {
    expect(readAccount('jo', machine)).toBeUndefined();
    expect(readAccount('jo', makeFolder())).toBeUndefined();
  });
});
