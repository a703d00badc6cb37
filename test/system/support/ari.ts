/** A real Asterisk with its REST interface switched on, on a port of its own. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Asterisk, type AsteriskOptions } from './asterisk';

export interface AriServerOptions extends Partial<AsteriskOptions> {
  version: 16 | 22;
  /** More of ari.conf. */
  ari?: string;
  /** More of http.conf. */
  http?: string;
  /** A port to listen on, where an Asterisk comes back in the place of one that has gone. */
  port?: number;
}

export interface AriServer extends AsyncDisposable {
  readonly asterisk: Asterisk;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** What ARI is made of, and what its operations need, in both versions; all in `res_`, but for a few. */
const modules = [
  ...'ari ari_applications ari_asterisk ari_bridges ari_channels ari_device_states ari_endpoints'.split(' '),
  ...'ari_events ari_model ari_playbacks ari_recordings ari_sounds http_websocket'.split(' '),
  ...'stasis stasis_answer stasis_device_state stasis_playback stasis_recording stasis_snoop'.split(' '),
  ...'pjproject pjsip pjsip_session pjsip_pubsub pjsip_messaging pjsip_refer pjsip_sdp_rtp'.split(' '),
  ...'pjsip_endpoint_identifier_ip pjsip_caller_id rtp_asterisk rtp_multicast'.split(' '),
  ...'sorcery_config sorcery_memory sorcery_astdb'.split(' '),
]
  .map((name) => `res_${name}`)
  .concat('app_stasis', 'chan_bridge_media', 'chan_pjsip', 'chan_rtp');

/** Those that only 22 has. */
const newer = ['res_websocket_client', 'chan_websocket', 'app_stasis_broadcast', 'res_stasis_broadcast'];

/** A caller that presses 1, 2, 3 and # once it is answered; one that only waits. */
const extensions = `[test]
exten => waiter,1,Answer()
same => n,Wait(60)
exten => busy,1,Busy(1)
exten => silent,1,Wait(60)
exten => stasis,1,Stasis(hello,one,two)
same => n,Verbose(1,behind stasis)
same => n,Wait(60)
exten => broadcast,1,StasisBroadcast(10000,hello)
same => n,Verbose(1,nobody took it)
exten => keys,1,Answer()
same => n,Wait(0.2)
same => n,SendDTMF(123#,100,60)
same => n,Wait(60)
`;

/** A phone whose calls come back to this very Asterisk, to the extension `waiter`: SIP and RTP are real. */
const pjsip = (port: number) => `[udp]
type = transport
protocol = udp
bind = 127.0.0.1:${port}
[alice]
type = aor
contact = sip:waiter@127.0.0.1:${port}
[alice]
type = endpoint
context = test
aors = alice
allow = ulaw
[alice]
type = identify
endpoint = alice
match = 127.0.0.1
`;

/** Resolves when the REST interface answers. */
export async function startAri(options: AriServerOptions): Promise<AriServer> {
  for (let tries = 1; ; tries++) {
    const port = options.port ?? (await freePort());
    const asterisk = await Asterisk.start({
      ...options,
      extensions: options.extensions ?? extensions,
      config: {
        'http.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = ${port}\n${options.http ?? ''}`,
        'ari.conf': `[general]\nenabled = yes\npretty = no\n[tester]\ntype = user\npassword = s3cret#x\n[reader]\ntype = user\nread_only = yes\npassword = look\n${options.ari ?? ''}`,
        'pjsip.conf': pjsip(port),
        'sorcery.conf': '[res_pjsip]\nauth = config,pjsip.conf,criteria=type=auth\nauth = memory',
        'rtp.conf': '[general]',
        'pjproject.conf': '[startup]\ntype = startup',
        'websocket_client.conf': '',
        'chan_websocket.conf': '[global]',
        ...options.config,
      },
      modules: options.modules ?? [
        ...modules.map((name) => `${name}.so`),
        ...(options.version === 22 ? newer.map((name) => `${name}.so`) : []),
      ],
    });
    // another process may have taken the port between our look and Asterisk's
    if ((await asterisk.command('http show status')).includes(`127.0.0.1:${port}`)) {
      // Asterisk records into a folder, and does not make it
      mkdirSync(join(asterisk.home, 'spool/recording'), { recursive: true });
      return {
        asterisk,
        port,
        username: 'tester',
        password: 's3cret#x',
        [Symbol.asyncDispose]: () => asterisk.stop(),
      };
    }
    await asterisk.stop();
    if (tries === 3) throw new Error(`Asterisk ${options.version} does not listen on port ${port}`);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
