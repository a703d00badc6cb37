/** The serving program is compiled once, by the master, and taken as it is by the processes that it boots. */
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Resident } from '../support/resident';

describe('the program of serving processes', () => {
  it('comes compiled to all but the first, and leaves no file behind', async () => {
    await using server = await Resident.start({
      files: { 'pid.js': 'agi.verbose(process.pid)' },
      listen: 'max_calls = 1\nspare = 2\nprocesses = 4',
      // V8 says there what it makes of code that it is given
      flags: ['--profile-deserialization'],
    });
    const [, pid] = /(\d+)/.exec((await server.call('pid'))[0] as string) ?? [];
    const again = await server.logged(/\[Deserializing from (\d{6,}) bytes/);
    expect(Number(again[1])).toBeGreaterThan(200_000);
    expect(server.log()).not.toContain('failed check');
    // those that came after the one which has had its call, once they are ready
    await expect
      .poll(() => {
        const others = server.processes().filter((other) => other !== Number(pid));
        return others.length === 2 && others.flatMap(openFiles).every((name) => !name.includes('(deleted)'));
      })
      .toBe(true);
  });

  it('is compiled by each process where there is no place for a file', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'max_calls = 1\nspare = 1\nprocesses = 2',
      env: { TMPDIR: '/nonexistent' },
    });
    for (let call = 0; call < 3; call++) expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect(server.log()).not.toMatch(/ (warning|error) /);
  });
});

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}
