/** The examples that ask a database, with SQLite: a file, made of the schema that is beside them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type SimulateOptions, simulate } from 'fastagi/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { example, installDrivers } from '../support/examples';
import { makeFolder } from '../support/inet';

describe('with a database', () => {
  let database: string;

  beforeAll(async () => {
    await installDrivers();
    database = path.join(makeFolder(), 'callers.sqlite');
    const Database = createRequire(example('package.json'))('better-sqlite3');
    const file = new Database(database);
    file.exec(readFileSync(example('schema.sql'), 'utf8'));
    file.close();
  }, 600_000);

  const call = async (name: string, options: SimulateOptions = {}) => {
    const placed = await simulate(example(name), { env: { DATABASE_URL: database }, ...options });
    await placed.ended();
    return placed;
  };

  describe('caller-name.mjs', () => {
    it('sets the name of who is known', async () => {
      const known = await call('caller-name.mjs', { callerId: '5551234' });
      expect(known.callerId).toEqual({ name: 'Jo "Jay" Do', number: '5551234' });
      expect((await call('caller-name.mjs', { callerId: '5555678' })).callerId.name).toBe('Zoë');
    });

    it.each([['999'], ["' OR 1=1 --"], [undefined]])('leaves %s as it is', async (number) => {
      const stranger = await call('caller-name.mjs', number === undefined ? {} : { callerId: { number } });
      expect(stranger.callerId.name).toBe('');
      expect(stranger.failure).toBeUndefined();
    });

    it('costs no call where the database is away', async () => {
      const options = { callerId: '5551234', env: { DATABASE_URL: '/no/such/file' } };
      const placed = await call('caller-name.mjs', options);
      placed.expectStatus('SUCCESS');
      expect(placed.log).toContain('no name for 5551234');
    });

    it('names the databases that it knows', async () => {
      const options = { callerId: '5551234', env: { DATABASE_URL: 'oracle://x/y' } };
      expect((await call('caller-name.mjs', options)).log).toContain(
        'oracle:// is no database that this knows',
      );
    });
  });

  describe('route.mjs', () => {
    it('dials whom the number stands for', async () => {
      const routed = await call('route.mjs', { extension: '100' });
      expect(routed.applications).toEqual(['Dial(PJSIP/alice,20)']);
      expect(routed.played).toEqual([]);
    });

    it('goes on where nobody answers, and says so', async () => {
      const routed = await call('route.mjs', {
        extension: '100',
        dial: (destination) => (destination === 'PJSIP/alice' ? 'BUSY' : 'NOANSWER'),
      });
      expect(routed.applications).toEqual(['Dial(PJSIP/alice,20)', 'Dial(PJSIP/bob,20)']);
      routed.expectPlayed('vm-isonphone', 'vm-isunavail', 'ss-noservice');
    });

    it('says that there is no such number', async () => {
      (await call('route.mjs', { extension: '999' })).expectPlayed('ss-noservice');
    });
  });
});
