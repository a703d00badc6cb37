/** The examples that ask a database, with real servers of MariaDB and PostgreSQL. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type SimulateOptions, simulate } from 'fastagi/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { example, installDrivers } from '../support/examples';
import { DatabaseServer } from './support/database-server';
import { missingParts, prepareParts } from './support/parts';

const missing = missingParts();
const drivers = createRequire(example('package.json'));

/** Runs the schema that is beside the examples. */
const fill = {
  async mysql(url: string, schema: string) {
    const connection = await drivers('mysql2/promise').createConnection({
      uri: url,
      multipleStatements: true,
    });
    await connection.query(schema);
    await connection.end();
  },
  async postgres(url: string, schema: string) {
    const client = new (drivers('pg').Client)({ connectionString: url });
    await client.connect();
    await client.query(schema);
    await client.end();
  },
};

describe.skipIf(missing)(`examples with a server${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(async () => {
    await prepareParts(console.error);
    await installDrivers();
  }, 900_000);

  describe.each(['mysql', 'postgres'] as const)('%s', (kind) => {
    let server: DatabaseServer;

    beforeAll(async () => {
      server = await DatabaseServer.start(kind);
      await fill[kind](server.url, readFileSync(example('schema.sql'), 'utf8'));
    }, 120_000);
    afterAll(() => server?.stop());

    const call = async (name: string, options: SimulateOptions) => {
      const placed = await simulate(example(name), { env: { DATABASE_URL: server.url }, ...options });
      await placed.ended();
      return placed;
    };

    it('caller-name.mjs sets the name of who is known', async () => {
      const known = await call('caller-name.mjs', { callerId: '5551234' });
      expect(known.callerId).toEqual({ name: 'Jo "Jay" Do', number: '5551234' });
      expect((await call('caller-name.mjs', { callerId: '5555678' })).callerId.name).toBe('Zoë');
      const stranger = await call('caller-name.mjs', { callerId: { number: "' OR '1'='1" } });
      expect([stranger.callerId.name, stranger.log]).toEqual(['', '']);
    });

    it('route.mjs dials whom the number stands for, and goes on', async () => {
      const routed = await call('route.mjs', { extension: '100', dial: () => 'NOANSWER' });
      expect(routed.applications).toEqual(['Dial(PJSIP/alice,20)', 'Dial(PJSIP/bob,20)']);
      expect(routed.log).toBe('');
    });
  });

  it('a server that is away costs no call', async () => {
    const env = { DATABASE_URL: 'mysql://root@127.0.0.1:1/test' };
    const placed = await simulate(example('caller-name.mjs'), { callerId: '5551234', env });
    await placed.ended();
    placed.expectStatus('SUCCESS');
    expect(placed.log).toContain('no name for 5551234');
  });
});
