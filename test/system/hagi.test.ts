// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** `hagi://` as docs/scale.md has it: Asterisk's own SRV look-ups, and two `fastagi listen` that they name. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../support/inet';
import { Resident } from '../support/resident';
import { Asterisk } from './support/asterisk';
import { freePort } from './support/free-port';
import { NameServer } from './support/name-server';
import { missingParts } from './support/parts';

const missing = missingParts();
const domain = 'calls.test';
const service = `_agi._tcp.${domain}`;

const extensions = `[legs]
exten => leg,1,Answer()
 same => n,Wait(5)
[test]
exten => _who-.,1,AGI(hagi://${domain}/who)
 same => n,Verbose(1,\${EXTEN} went to \${server}: \${AGISTATUS})
 same => n,Hangup()
`;

describe.skipIf(missing)(`hagi://${missing ? ` (${missing})` : ''}`, () => {
  it.each([16, 22] as const)(
    'Asterisk %i looks up the servers, and goes to the next where one refuses',
    async (version) => {
      await using names = await NameServer.start();
      for (const host of ['one', 'two', 'three']) names.hosts.add(`${host}.${domain}`);
      const resolv = path.join(makeFolder({ 'resolv.conf': names.configuration }), 'resolv.conf');
      const bind = [{ from: resolv, to: '/etc/resolv.conf' }];
      await using asterisk = await Asterisk.start({ version, extensions, bind });
      await using one = await start('one');
      await using two = await start('two');
      const record = (target: string, port: number, priority: number, weight = 50) => ({
        target: `${target}.${domain}`,
        ...{ port, priority, weight },
      });
      let calls = 0;
      const call = async () => {
        const name = `who-${++calls}`;
        await asterisk.originate('leg@legs', `${name}@test`);
        return (await asterisk.waitForLog(`app_verbose.c: ${name} went to `, 15_000))
          .replace(/.* went to /, '')
          .trim();
      };

      // the one of the lower number, by its name and its port
      names.services.set(service, [record('two', two.port, 20), record('one', one.port, 10)]);
      for (let at = 0; at < 3; at++) expect(await call()).toBe('one: SUCCESS');
      expect(names.asked).toContain(`${service} 33`);
      expect(names.asked).toContain(`one.${domain} 1`);

      // the first refuses connections
      names.services.set(service, [record('three', await freePort(), 10), record('two', two.port, 20)]);
      expect(await call()).toBe('two: SUCCESS');

      // of one priority and weight: the first of the answer, always; a name server that turns them round shares
      const pair = [record('one', one.port, 10), record('two', two.port, 10)];
      for (const records of [pair, pair.toReversed(), pair]) {
        names.services.set(service, records);
        const [first] = /\w+/.exec(records[0]?.target ?? '') ?? [];
        for (let at = 0; at < 5; at++) expect(await call()).toBe(`${first}: SUCCESS`);
      }

      // a lighter one that stands first gets its share. Heads twenty-four times is once in eight million runs
      names.services.set(service, [record('one', one.port, 10, 50), record('two', two.port, 10, 100)]);
      const went = new Set<string>();
      for (let at = 0; at < 24 && went.size < 2; at++) went.add(await call());
      expect(went).toEqual(new Set(['one: SUCCESS', 'two: SUCCESS']));

      // the first is drained, and no call is lost
      names.services.set(service, [record('one', one.port, 10), record('two', two.port, 20)]);
      expect(await call()).toBe('one: SUCCESS');
      one.child.kill('SIGTERM');
      await one.ended;
      for (let at = 0; at < 3; at++) expect(await call()).toBe('two: SUCCESS');

      // nobody is left, and nobody was there
      names.services.set(service, [record('three', await freePort(), 10)]);
      expect(await call()).toBe(': FAILURE');
      names.services.delete(service);
      expect(await call()).toBe(': FAILURE');
    },
    90_000,
  );
});

function start(name: string): Promise<Resident> {
  return Resident.start({
    files: { 'who.js': `module.exports = (agi) => agi.setVariable('server', '${name}')` },
    args: ['--mode', 'shared'],
  });
}
