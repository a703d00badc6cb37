/** `agi.ari()`: the built executable, whose script asks a REST interface that is played. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { defaults } from '../../src/config';
import { json, PlayedAri } from '../support/ari-server';
import { call } from '../support/asterisk';
import { openCall } from '../support/calls';
import { makeFolder } from '../support/inet';

const script = `
export default async function (agi) {
  const ari = agi.ari();
  if (ari !== agi.ari()) throw new Error('there are two');
  const { name } = await ari.channels.get({ channelId: agi.request.uniqueId });
  await agi.setVariable('NAME', name);
  await ari.channels.get({ channelId: 'gone' }).catch((error) => agi.verbose(error.code));
}`;

describe('agi.ari()', () => {
  it('asks the Asterisk of [ari], and does not hold the call when it is over', async () => {
    await using played = await PlayedAri.start((request, response) => {
      const id = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
      if (id === 'gone') json(response, 404, { message: 'Channel not found' });
      else json(response, 200, { id, name: `Local/${id}` });
    });
    const config = `[ari]\nhost=127.0.0.1\nport=${played.port}\nusername=tester\npassword=s3cret#x\n`;
    const { commands, code, log } = await call({ script: 'ask.mjs', files: { 'ask.mjs': script }, config });
    expect({ commands, code, log }).toMatchObject({
      commands: ['SET VARIABLE NAME Local/1700000000.1', 'VERBOSE ARI_NOT_FOUND 1'],
      code: 0,
      log: '',
    });
    expect(played.requests).toEqual(['GET /ari/channels/1700000000.1', 'GET /ari/channels/gone']);
  });

  it('asks there for another user, and for none where the call was given no configuration', () => {
    const { session } = openCall();
    const file = path.join(makeFolder({ 'x.conf': '[ari]\nport=8089\n' }), 'x.conf');
    const agi = new Agi(session, { ...defaults, file });
    expect(agi.ari({ username: 'me', password: 'x' }).address).toBe('http://127.0.0.1:8089/ari');
    expect(() => new Agi(session).ari()).toThrow(
      expect.objectContaining({
        name: 'RefusedError',
        message: expect.stringContaining('asyncAgi takes one as its option config, and agi.ari({ host,'),
      }),
    );
  });

  it('says what to write where nothing is configured', async () => {
    const { code, log } = await call({ script: 'ask.mjs', files: { 'ask.mjs': script } });
    expect(log).toMatch(/fastagi\.conf: \[ari\] username is not set: it is that of the user in ari\.conf/);
    expect(code).not.toBe(0);
  });
});
