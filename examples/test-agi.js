// Tries the commands that every installation needs, and tells the console and the caller which ones worked.
const checks = {
  'answer the call': async () => (await agi.channelStatus()) === 'up',
  'play a sound file': async () => (await agi.streamFile('beep')).outcome === 'complete',
  'say a number': async () => (await agi.sayNumber(42)).outcome === 'complete',
  'say digits': async () => (await agi.sayDigits('0123')).outcome === 'complete',
  'wait for a key': async () => ['digit', 'timeout'].includes((await agi.waitForDigit(1000)).outcome),
  'keep a variable': async () => {
    await agi.setVariable('CHECK', 'a "b" (c)');
    return (await agi.getVariable('CHECK')) === 'a "b" (c)';
  },
  'keep a value in the database': async () => {
    await agi.databasePut('test-agi', 'check', 'kept');
    const kept = await agi.databaseGet('test-agi', 'check');
    await agi.databaseDel('test-agi', 'check');
    return kept === 'kept';
  },
  'run an application': async () => (await agi.exec`NoOp(${'a, b'})`) === 0,
};

await agi.answer();
let failed = 0;
for (const [what, check] of Object.entries(checks)) {
  const works = await check();
  if (!works) failed++;
  await agi.verbose(`test-agi: ${what}: ${works ? 'works' : 'FAILED'}`);
}
await agi.setVariable('FAILED', failed);
await agi.play(failed === 0 ? 'auth-thankyou' : ['something-terribly-wrong', { number: failed }]);
