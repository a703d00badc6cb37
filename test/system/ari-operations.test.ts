/** Every operation of the catalogue that the real Asterisk serves, called; and the catalogue held against its words. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ari, type ChannelHandle } from '../../src/ari';
import { operations } from '../../src/ari/catalog';
import {
  type Description,
  describe as describeServer,
  readDescriptions,
  resourceOf,
  rowOf,
} from '../../src/ari/catalog-writer';
import { root } from '../support/inet';
import { type AriServer, startAri } from './support/ari';
import { missingParts } from './support/parts';

const missing = missingParts();

type Rows = Record<string, Record<string, string>>;

function rowsOf(descriptions: readonly Description[]): Rows {
  const rows: Rows = {};
  for (const description of descriptions) {
    const resource: Record<string, string> = {};
    for (const { path, operations } of description.apis)
      for (const operation of operations) resource[operation.nickname] = rowOf(path, operation);
    rows[resourceOf(description)] = resource;
  }
  return rows;
}

const namesOf = (rows: Rows): string[] =>
  Object.entries(rows).flatMap(([resource, row]) => Object.keys(row).map((name) => `${resource}.${name}`));

describe.skipIf(missing).each([22, 16] as const)(
  `ARI of Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version) => {
    let server: AriServer;
    let ari: Ari;
    let described: Rows;
    /** Operations that have been done. */
    const done = new Set<string>();

    beforeAll(async () => {
      server = await startAri({ version });
      const { port, username, password } = server;
      ari = new Ari({ port, username, password });
      const get = (place: string) => ari.request('GET', place);
      described = rowsOf(await readDescriptions(get));
      for (const resource of Object.keys(operations) as (keyof typeof operations)[]) {
        const methods = ari[resource] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
        for (const [name, method] of Object.entries(methods)) {
          methods[name] = async (...args) => {
            const result = await method(...args);
            done.add(`${resource}.${name}`);
            return result;
          };
        }
      }
      await ari.start('hello');
      done.add('events.eventWebsocket');
    }, 120_000);

    afterAll(async () => {
      await ari?.close();
      await server?.asterisk.stop();
    });

    /** A channel in our application, whose other half runs the dialplan at this extension. */
    async function caller(extension = 'waiter'): Promise<ChannelHandle> {
      const channel = ari.channel();
      const entered = channel.next('StasisStart', { timeoutMs: 10_000 });
      await channel.originate({ endpoint: `Local/${extension}@test`, app: 'hello', appArgs: 'x,y' });
      await entered;
      return channel;
    }

    it('is described as the catalogue has it', async () => {
      if (version === 22) {
        const text = await describeServer((place) => ari.request('GET', place));
        expect(text).toBe(readFileSync(path.join(root, 'src/ari/catalog.ts'), 'utf8'));
        expect(namesOf(described)).toHaveLength(109);
        return;
      }
      expect(namesOf(described)).toHaveLength(98);
      for (const [resource, rows] of Object.entries(described)) {
        for (const [name, row] of Object.entries(rows)) {
          const ours = (operations as Rows)[resource]?.[name];
          expect(ours, `${resource}.${name}`).toBeDefined();
          const known = new Set(ours?.replaceAll('!', '').split(' '));
          const lacking = row.split(' ').filter((word) => !known.has(word.replaceAll('!', '')));
          // what 16 alone has, or has otherwise
          expect([`${resource}.${name}`, ...lacking]).toEqual([
            `${resource}.${name}`,
            ...(older[`${resource}.${name}`] ?? []),
          ]);
        }
      }
    });

    it('serves asterisk', async () => {
      const { asterisk } = ari;
      expect(await asterisk.ping()).toMatchObject({ ping: 'pong' });
      const info = await asterisk.getInfo({ only: ['build', 'system'] });
      expect(Object.keys(info).sort()).toEqual(['build', 'system']);
      expect((await asterisk.listModules()).length).toBeGreaterThan(50);
      expect(await asterisk.getModule({ moduleName: 'res_agi.so' })).toMatchObject({ status: 'Running' });
      await asterisk.unloadModule({ moduleName: 'app_milliwatt.so' });
      await asterisk.loadModule({ moduleName: 'app_milliwatt.so' });
      await asterisk.reloadModule({ moduleName: 'res_musiconhold.so' });
      await asterisk.addLog({ logChannelName: 'extra', configuration: 'notice,warning' });
      const names = (await asterisk.listLogChannels()).map(({ channel }) => path.basename(channel));
      expect(names).toContain('extra');
      await asterisk.deleteLog({ logChannelName: 'extra' });
      await asterisk.addLog({ logChannelName: 'other', configuration: 'notice' });
      await asterisk.rotateLog({ logChannelName: 'other' });
      await asterisk.setGlobalVar({ variable: 'X', value: 'a b&c=d%20+e' });
      expect(await asterisk.getGlobalVar({ variable: 'X' })).toEqual({ value: 'a b&c=d%20+e' });
      const object = { configClass: 'res_pjsip', objectType: 'auth', id: 'x' };
      const fields = [
        { attribute: 'auth_type', value: 'userpass' },
        { attribute: 'username', value: 'bob' },
        { attribute: 'password', value: 'p' },
      ];
      await asterisk.updateObject({ ...object, fields: fields as never });
      expect(await asterisk.getObject(object)).toContainEqual({ attribute: 'username', value: 'bob' });
      await asterisk.deleteObject(object);
    });

    it('serves applications and events', async () => {
      const { applications, deviceStates, events } = ari;
      expect((await applications.list()).map(({ name }) => name)).toEqual(['hello']);
      await deviceStates.update({ deviceName: 'Stasis:door', deviceState: 'BUSY' });
      const sources = ['endpoint:PJSIP/alice', 'deviceState:Stasis:door'];
      await applications.subscribe({ applicationName: 'hello', eventSource: sources });
      expect(await applications.get({ applicationName: 'hello' })).toMatchObject({
        endpoint_ids: ['PJSIP/alice'],
        device_names: ['Stasis:door'],
      });
      const changed = firstOf(ari, 'DeviceStateChanged');
      await deviceStates.update({ deviceName: 'Stasis:door', deviceState: 'INUSE' });
      expect((await changed).device_state).toEqual({ name: 'Stasis:door', state: 'INUSE' });
      expect(await deviceStates.get({ deviceName: 'Stasis:door' })).toMatchObject({ state: 'INUSE' });
      expect(await deviceStates.list()).toHaveLength(1);
      await deviceStates.delete({ deviceName: 'Stasis:door' });
      await applications.unsubscribe({ applicationName: 'hello', eventSource: sources });
      await applications.filter({
        applicationName: 'hello',
        filter: { disallowed: [{ type: 'ChannelVarset' }] },
      });
      expect(await applications.get({ applicationName: 'hello' })).toMatchObject({
        events_disallowed: [{ type: 'ChannelVarset' }],
      });
      await applications.filter({ applicationName: 'hello', filter: {} });
      const told = firstOf(ari, 'ChannelUserevent');
      const source = ['endpoint:PJSIP/alice'];
      await events.userEvent({
        eventName: 'rung',
        application: 'hello',
        source,
        variables: { who: 'it is me' },
      });
      expect(await told).toMatchObject({ eventname: 'rung', userevent: { who: 'it is me' } });
    });

    it('serves endpoints and sounds', async () => {
      const { endpoints, sounds } = ari;
      expect((await endpoints.list()).map(({ resource }) => resource)).toContain('alice');
      expect(await endpoints.listByTech({ tech: 'PJSIP' })).toHaveLength(1);
      const alice = { tech: 'PJSIP', resource: 'alice' };
      expect(await endpoints.get(alice)).toMatchObject({ technology: 'PJSIP' });
      const from = 'sip:bob@example.com';
      const variables = { 'X-Note': 'seen' };
      await endpoints.sendMessage({ to: 'pjsip:alice', from, body: 'hello, you', variables });
      await endpoints.sendMessageToEndpoint({ ...alice, from, body: 'hello' });
      if (version === 22) {
        await endpoints.refer({ to: 'pjsip:alice', from, refer_to: 'sip:carol@example.com' });
        await endpoints.referToEndpoint({ ...alice, from, refer_to: 'sip:carol@example.com' });
      }
      expect((await sounds.list({ lang: 'en', format: 'gsm' })).length).toBeGreaterThan(100);
      expect(await sounds.get({ soundId: 'beep' })).toMatchObject({ id: 'beep' });
    });

    it('serves channels', async () => {
      const { channels } = ari;
      const channel = await caller();
      const { id: channelId } = channel;
      const on = { channelId };
      expect((await channels.list()).map(({ id }) => id)).toContain(channelId);
      expect(await channel.get()).toMatchObject({ id: channelId, state: 'Up' });
      await channel.answer();
      await channel.ring();
      await channel.ringStop();
      if (version === 22) await channel.progress();
      await channel.sendDTMF({ dtmf: '12#', between: 50, duration: 50 });
      await channel.mute({ direction: 'in' });
      await channel.unmute({ direction: 'in' });
      await channel.mute();
      await channel.unmute();
      await channel.hold();
      await channel.unhold();
      await channel.startMoh({ mohClass: 'default' });
      await channel.stopMoh();
      await channel.startSilence();
      await channel.stopSilence();
      await channel.setChannelVar({ variable: 'X', value: 'é, "q" & 100%' });
      // 16 answers before it has done it
      const got = () => channel.getChannelVar({ variable: 'X' }).catch(() => {});
      await expect.poll(got).toEqual({ value: 'é, "q" & 100%' });
      // longer than any line that Asterisk reads
      const long = 'é"\\&='.repeat(3000);
      await channel.setChannelVar({ variable: 'X', value: long });
      await expect.poll(got).toEqual({ value: long });
      const later = ari.channel();
      const started = later.next('StasisStart', { timeoutMs: 10_000 });
      await later.originate({
        endpoint: 'Local/waiter@test',
        app: 'hello',
        appArgs: `1,${long}`,
        timeout: 5,
      });
      expect((await started).args[0]).toBe('1');
      await later.hangup();
      if (version === 22) {
        await channel.setChannelVars({ variables: { A: '1', B: 'two' } });
        expect(await channel.getChannelVars({ variables: ['A', 'B'] })).toEqual({
          variables: { A: '1', B: 'two' },
        });
      }
      // taken by Asterisk, and never heard of again
      const dropped = ['recording:none', 'number:x', 'nope:x', ['sound:beep', 'recording:none']];
      for (const media of dropped) expect(await (await channel.play({ media })).finished).toBe('failed');
      const beep = await channel.play({ media: ['sound:beep', 'digits:12'], lang: 'en' });
      expect(await beep.finished).toBe('done');
      await channels.playWithId({ ...on, playbackId: 'mine', media: 'sound:vm-intro' });
      const playback = ari.playback('mine');
      expect(await playback.get()).toMatchObject({ id: 'mine', target_uri: `channel:${channelId}` });
      await playback.control({ operation: 'restart' });
      await playback.stop();
      await channels.snoopChannel({ ...on, app: 'hello', spy: 'in', snoopId: `${channelId}-spy` });
      await channels.snoopChannelWithId({ ...on, app: 'hello', spy: 'out', snoopId: `${channelId}-spy2` });
      await channels.hangup({ channelId: `${channelId}-spy` });
      await channels.hangup({ channelId: `${channelId}-spy2`, reason: 'busy' });

      const withId = ari.channel();
      const entered = withId.next('StasisStart', { timeoutMs: 10_000 });
      const variables = { NOTE: 'taken along' };
      await withId.originateWithId({ endpoint: 'Local/waiter@test', app: 'hello', variables });
      await entered;
      expect(await withId.getChannelVar({ variable: 'NOTE' })).toEqual({ value: 'taken along' });
      const moved = withId.next('StasisStart', { timeoutMs: 10_000 });
      moved.catch(() => {});
      const again = firstOf(ari, 'StasisStart');
      await withId.move({ app: 'hello', appArgs: 'moved' });
      expect((await again).args).toEqual(['moved']);
      expect(withId.ending).toBe('left');
      const left = ari.channel(withId.id);
      await left.continueInDialplan({ context: 'test', extension: 'waiter', priority: 1 });
      expect(await left.ended).toBe('left');
      await channels.hangup({ channelId: left.id });

      const made = ari.channel();
      expect(await made.create({ endpoint: 'Local/waiter@test', app: 'hello' })).toMatchObject({
        state: 'Down',
      });
      expect(await made.dial({ timeout: 5 })).toEqual({ status: 'ANSWER' });
      await made.redirect({ endpoint: 'Local/waiter@test' });
      if (version === 22) await made.transfer_progress({ states: 'channel_progress' });
      await made.hangup();
      expect(await made.ended).toBe('gone');

      const media = ari.channel();
      const there = media.next('StasisStart', { timeoutMs: 10_000 });
      await media.externalMedia({ app: 'hello', external_host: '127.0.0.1:9', format: 'ulaw' });
      await there;
      await media.hangup();
      const phone = ari.channel();
      await phone.create({ endpoint: 'PJSIP/alice', app: 'hello' });
      expect(await phone.dial({ timeout: 5 })).toEqual({ status: 'ANSWER' });
      expect(await phone.rtpstatistics()).toMatchObject({ channel_uniqueid: phone.id });
      await phone.hangup();
      await channel.hangup();
      expect(await channel.ended).toBe('gone');
    });

    it('serves bridges and recordings', async () => {
      const { bridges, recordings } = ari;
      const bridge = ari.bridge();
      await bridge.create({ type: 'mixing,dtmf_events', name: 'room' });
      await bridges.createWithId({ bridgeId: 'second', type: 'holding' });
      expect((await bridges.list()).map(({ id }) => id).sort()).toEqual([bridge.id, 'second'].sort());
      const channel = await caller();
      await bridge.addChannel({ channel: [channel.id] });
      await bridge.setVideoSource({ channelId: channel.id });
      await bridge.clearVideoSource();
      await bridge.startMoh();
      await bridge.stopMoh();
      if (version === 22) {
        await bridge.setBridgeVar({ variable: 'X', value: 'y' });
        expect(await bridge.getBridgeVar({ variable: 'X' })).toEqual({ value: 'y' });
        await bridge.setBridgeVars({ variables: { A: '1' } });
        expect(await bridge.getBridgeVars({ variables: 'A' })).toEqual({ variables: { A: '1' } });
      }
      const beep = await bridge.play({ media: 'sound:beep' });
      expect(await beep.finished).toBe('done');
      await bridges.playWithId({ bridgeId: bridge.id, playbackId: 'inroom', media: 'sound:beep' });
      const inRoom = await bridge.record({ format: 'wav' });
      await inRoom.stop();
      expect(await inRoom.finished).toMatchObject({ outcome: 'done' });
      expect(await bridge.get()).toMatchObject({ channels: expect.arrayContaining([channel.id]) });
      await bridge.removeChannel({ channel: channel.id });

      const live = ari.recording('of/caller');
      const begun = live.next('RecordingStarted', { timeoutMs: 10_000 });
      await channel.record({ name: live.id, format: 'wav', ifExists: 'overwrite' });
      await begun;
      expect(await live.getLive()).toMatchObject({ name: 'of/caller' });
      await live.pause();
      await live.unpause();
      await live.mute();
      await live.unmute();
      await live.stop();
      expect(await live.finished).toMatchObject({ outcome: 'done', recording: { state: 'done' } });
      expect((await recordings.listStored()).map(({ name }) => name)).toContain('of/caller');
      expect(await live.getStored()).toMatchObject({ format: 'wav' });
      await live.copyStored({ destinationRecordingName: 'copy' });
      const file = await recordings.getStoredFile({ recordingName: 'copy' });
      expect(file.subarray(0, 4).toString()).toBe('RIFF');
      await recordings.deleteStored({ recordingName: 'copy' });
      const given = await channel.record({ format: 'wav' });
      await given.cancel();
      expect(await given.finished).toMatchObject({ outcome: 'canceled' });

      await bridge.destroy();
      expect(await bridge.ended).toBe('gone');
      await bridges.destroy({ bridgeId: 'second' });
      await channel.hangup();
    });

    it('serves all else', async () => {
      if (version === 22) {
        const incoming = firstOf(ari, 'CallBroadcast');
        await server.asterisk.originate('waiter@test', 'broadcast@test');
        const { channel } = await incoming;
        const started = firstOf(ari, 'StasisStart');
        await ari.events.claimChannel({ channelId: channel.id, application: 'hello' });
        expect((await started).channel.id).toBe(channel.id);
        await ari.channels.hangup({ channelId: channel.id });
      }
      // Debian builds no res_mwi_external, which mailboxes come from
      const cannot = namesOf(described).filter((name) => name.startsWith('mailboxes.'));
      await expect(ari.mailboxes.list()).rejects.toMatchObject({
        code: 'ARI_NO_RESOURCE',
        message: expect.stringMatching(/^GET \/mailboxes: Resource not found \(404\): .*res_ari_….so/),
      });
      expect(namesOf(described).filter((name) => !done.has(name))).toEqual(cannot);
      // the last of the handles goes with the event of its end
      await expect.poll(() => ari.counts).toMatchObject({ handles: 0, unreadable: 0, lost: 0 });
    });
  },
);

/** What 16 has otherwise than 22. */
const older: Record<string, string[]> = {};

function firstOf<Type extends string>(ari: Ari, type: Type) {
  const stream = ari.stream(type, { signal: AbortSignal.timeout(10_000) });
  return (async () => {
    for await (const event of stream) return event;
    throw new Error(`no ${type}`);
  })();
}
