/** The page for people who come from phpari names ours that are there, and each of its classes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Ari } from '../../src/ari';
import { operations } from '../../src/ari/catalog';
import { root } from '../support/inet';

const page = readFileSync(path.join(root, 'docs/from-phpari.md'), 'utf8');
/** The public methods of phpari's interfaces in its last version, and one of older ones. */
const methods = {
  asterisk: `info get_asterisk_info getGlobalVariable get_global_variable setGlobalVariable set_global_variable
    getDynamicConfigurationObject get_dynamic_configuration_object putDynamicConfigurationObject
    put_dynamic_configuration_object deleteDynamicConfigurationObject
    delete_dynamic_configuration_object getModule get_module loadModule load_module unloadModule
    unload_module reloadModule reload_module getLogChannels get_log_channels addLogChannel
    add_log_channel rotateLogChannel rotate_log_channel deleteLogChannel delete_log_channel`,
  applications: `show applications_list application_details subscribe application_subscribe unsubscribe
    application_unsubscribe`,
  bridges: `show bridges_list create bridge_create bridge_create_update details bridge_details terminate
    bridge_delete addChannel bridge_addchannel removeChannel bridge_remove_channel delchannel mohStart
    bridge_play_moh mohStop bridge_stop_moh playbackStart bridge_start_playback bridge_start_playback_id
    record bridge_start_recording`,
  channels: `show channel_list originate channel_originate getDetails channel_get_details delete channel_delete
    resume channel_continue answer channel_answer indicateRingingStart channel_ringing_start
    indicateRingingStop channel_ringing_stop sendDtmf channel_send_dtmf mute channel_mute unmute
    channel_unmute hold channel_hold channel_unhold mohStart channel_moh_start mohStop channel_moh_stop
    silence channel_silence_start channel_silence_stop playback channel_playback record channel_record
    getVariable channel_get_variable setVariable channel_set_variable snoop channel_snoop_start
    channel_snoop_start_id channel_snoop_stop`,
  devicestates: `show devicestates_list devicestate_currentstate set devicestate_changestate remove
    devicestate_deletestate`,
  endpoints: `show endpoints_list endpoints_tech endpoints_tech_details sendmessage endpoint_sendmessage
    uri_sendmessage endpoint_sendmessage_intech`,
  events: `events event_generate`,
  mailboxes: `show mailboxes_list mailbox_state state mailbox_change_state remove mailbox_destroy`,
  playbacks: `show get_playback remove delete_playback control control_playback`,
  recordings: `stored recording_list recording_detail delete_recording recording_stored_copy live
    recordings_live_list recordings_live_stop_n_discard recordings_live_stop_n_store
    recordings_live_pause recordings_live_unpause recordings_live_mute recordings_live_unmute`,
  sounds: `show sounds_list details sound_detail`,
};
const rows = Array.from(
  page.matchAll(/^\| `(\w+)\.(\w+)` +\| `ari\.([\w.]+)` +\|/gm),
  ([, type, theirs, ours]) => ({
    theirs: `${type}.${theirs}`,
    ours: ours as string,
  }),
);
const ari = new Ari({ username: 'u', password: 'p' });

describe('docs/from-phpari.md', () => {
  it('has every public method of phpari', () => {
    const named = Object.entries(methods).flatMap(([type, names]) =>
      names.split(/\s+/).map((name) => `${type}.${name}`),
    );
    expect(rows.map(({ theirs }) => theirs)).toEqual(named);
    expect(new Set(named).size).toBe(named.length);
    expect(page.match(/^\| `/gm)).toHaveLength(named.length);
  });

  it.each(rows)('$ours is there, for $theirs', ({ ours }) => {
    const [resource = '', operation] = ours.split('.');
    const place = operation === undefined ? ari : ari[resource as keyof typeof operations];
    expect(Reflect.get(place, operation ?? resource)).toBeTypeOf('function');
  });
});

describe('docs/from-phpari.md and docs/ari.md', () => {
  it.each(['from-phpari', 'ari'])('%s names nothing of ours that is not there', (name) => {
    const text = readFileSync(path.join(root, `docs/${name}.md`), 'utf8');
    const named = [...text.matchAll(/\bari\.([a-z]\w*)(?:\.(\w+))?/g)];
    expect(named.length).toBeGreaterThan(10);
    for (const [whole, resource = '', operation] of named) {
      // Asterisk's file, and a page of ours
      if (whole === 'ari.conf' || whole === 'ari.md') continue;
      const place: unknown = Reflect.get(ari, resource);
      expect(place, whole).toBeDefined();
      if (operation !== undefined)
        expect(Reflect.get(place as object, operation), whole).toBeTypeOf('function');
    }
  });
});

describe('docs/ari.md', () => {
  it('names the codes of errors that there are', () => {
    const text = readFileSync(path.join(root, 'docs/ari.md'), 'utf8');
    const sources = [
      ...['src/wire/ari-answer.ts', 'src/ari-errors.ts', 'src/ari/http-carrier.ts'],
      'src/ari/connection-failure.ts',
    ]
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join();
    for (const [code] of text.matchAll(/ARI_[A-Z_]+/g)) expect(sources).toContain(code);
    expect(text).toContain(
      `${Object.values(operations).flatMap((rows) => Object.keys(rows)).length} operations`,
    );
  });
});
