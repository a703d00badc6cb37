// Asks the caller for an extension and says it back. The dialplan finds it in EXTENSION, and dials it: see README.md.

/** @param {import('fastagi').Agi} agi the call */
export default async function (agi) {
  await agi.answer();
  // one of Asterisk's own sounds; the caller has three tries, and ends the number by # or its fourth digit
  const asked = await agi.ask({ prompt: 'vm-extension', minDigits: 2, maxDigits: 4 });
  if (asked.outcome !== 'answer') {
    await agi.play('vm-goodbye');
    return;
  }
  // into the log: what is printed never reaches Asterisk
  console.log(`${agi.request.callerId ?? 'somebody'} asks for ${asked.answer}`);
  await agi.sayDigits(asked.answer);
  await agi.setVariable('EXTENSION', asked.answer);
}
