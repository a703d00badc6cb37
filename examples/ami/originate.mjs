// Calls someone, connects them with an extension, and says what became of it. Exit code 0: answered.
//
//   node originate.mjs PJSIP/alice 200 internal     by [asmanager] in /etc/asterisk/fastagi.conf or phpagi.conf
import { Ami, managerOptions } from 'fastagi/ami';

const [channel, extension, context = 'default'] = process.argv.slice(2);
if (!channel || !extension) {
  console.error('Usage: node originate.mjs CHANNEL EXTENSION [CONTEXT]');
  process.exit(2);
}

const ami = await Ami.connect({ ...managerOptions(), reconnect: false, events: 'call' });
try {
  const hangups = ami.events('Hangup');
  const call = await ami.originate({ channel, context, extension, timeoutMs: 20_000 });
  if (call.outcome === 'answered') {
    console.log(`answered: ${call.channel}`);
    for await (const event of hangups) {
      if (event.get('Uniqueid') !== call.uniqueId) continue;
      console.log(`ended: ${event.get('Cause-txt')}`);
      break;
    }
  } else {
    console.log(`not answered: ${call.outcome}`);
    process.exitCode = 1;
  }
} finally {
  await ami.close();
}
