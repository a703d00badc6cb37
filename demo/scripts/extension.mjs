// Asks for an extension and repeats it. An exported function is called with the call, and awaited.
export default async function (agi) {
  await agi.answer();
  const { outcome, digits } = await agi.getData('vm-extension', { timeoutMs: 5000, maxDigits: 4 });
  console.log(`${agi.request.callerId ?? 'a caller'} typed ${digits || 'nothing'} (${outcome})`);
  if (digits) await agi.sayDigits(digits);
  await agi.setVariable('EXTENSION', digits);
}
