// What Asterisk knows of one PJSIP endpoint: phpAGI's sip_show_peer, for the driver that came after chan_sip.
//
//   node pjsip-show-endpoint.mjs alice          by [asmanager] in /etc/asterisk/fastagi.conf or phpagi.conf
import { Ami, managerOptions } from 'fastagi/ami';

const name = process.argv[2];
if (!name) {
  console.error('Usage: node pjsip-show-endpoint.mjs ENDPOINT');
  process.exit(2);
}

const ami = await Ami.connect({ ...managerOptions(), reconnect: false, events: 'off' });
try {
  for (const part of await ami.pjsipEndpoint(name)) {
    console.log(`${part.name}:`);
    for (const [header, value] of part.headers) {
      if (!/^(Event|ActionID|ObjectType)$/.test(header) && value !== '') console.log(`  ${header}: ${value}`);
    }
  }
} catch (error) {
  if (error.code !== 'AMI_ACTION') throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await ami.close();
}
