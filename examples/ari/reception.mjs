// A Stasis application: it answers, asks for an extension, calls it, and puts both into a bridge until one hangs up.
//
//   extensions.conf      exten => 100,1,Stasis(reception)
//   fastagi.conf         [ari] username and password of a user in ari.conf
//   run it               node reception.mjs, in a folder where the package fastagi is installed
//
// CONTEXT names the context in which the extensions are; `default` where it is not set.
import { Ari, ariOptions } from 'fastagi/ari';

const context = process.env.CONTEXT ?? 'default';
const ari = new Ari({ ...ariOptions(), reconnect: { fromStart: true } });

ari.onState((state, error) => console.log(`reception: ${state}${error ? `: ${error.message}` : ''}`));
ari.onGap(({ missed, lostAt }) =>
  console.log(`reception: ${missed.length} ended, lost since ${lostAt.toISOString()}`),
);

ari.onCall(async (caller, { args, channel }) => {
  // those whom we have called come in by the same door
  if (args[0] === 'called') return;
  console.log(`reception: ${channel.name} has come in`);
  await caller.answer();
  const { digits } = await caller.collect({ media: 'sound:vm-extension', maxDigits: 4 });
  if (digits === '') return caller.hangup();

  const called = ari.channel();
  // a caller who goes takes the one whom we call along
  caller.ended.then(() => called.hangup()).catch(() => {});
  await called.create({ endpoint: `Local/${digits}@${context}`, app: 'reception', appArgs: 'called' });
  // a word to hang up that came before there was a channel was lost
  if (caller.ending !== undefined) return called.hangup();
  const { status } = await called.dial({ timeout: 30 });
  console.log(`reception: ${digits} says ${status}`);
  if (status !== 'ANSWER') {
    const sorry = await caller.play({ media: 'sound:vm-nonumber' });
    await sorry.finished;
    return caller.hangup();
  }

  // from now on the other way round, too; before that, the caller is told that nobody has answered
  called.ended.then(() => caller.hangup()).catch(() => {});
  const bridge = ari.bridge();
  await bridge.create({ type: 'mixing' });
  try {
    await bridge.addChannel({ channel: [caller.id, called.id] });
    console.log(`reception: ${digits} is connected`);
    await caller.ended;
  } finally {
    await bridge.destroy();
    console.log(`reception: ${digits} is over`);
  }
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ari.close());
await ari.start('reception');
