// Hangs up and calls the caller back, who then comes to the extension that he had called, in another context:
//
//   exten => 800,1,AGI(agi://127.0.0.1/callback.mjs?dial=PJSIP/NUMBER@provider&context=office)
//
// It needs [asmanager] in the configuration: a user of manager.conf with read = call and write = originate.
export default async function (agi) {
  const { dial = 'PJSIP/NUMBER', context = 'default' } = agi.request.params;
  const { callerId: number = '', extension = 's' } = agi.request;
  // a caller's number is what the caller, or his provider, likes to send
  if (!/^\+?\d{2,15}$/.test(number)) {
    await agi.answer();
    await agi.play('privacy-unident');
    return;
  }
  await agi.hangup();
  // the script goes on: it has [fastagi] hangup_seconds for that
  const manager = await agi.manager({ events: 'call' });
  const call = await manager.originate({
    channel: dial.replace('NUMBER', number),
    context,
    extension,
    timeoutMs: 30_000,
  });
  console.log(`${number} was called back: ${call.outcome}`);
}
