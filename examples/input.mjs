// Lets the caller write a name with the keys of a phone: 44 33 555 555 666, with a * behind each letter.
export default async function (agi) {
  await agi.answer();
  await agi.play(['dir-usingkeypad', 'vm-then-pound']);
  const name = await agi.textInput({ mode: 'lowercase', timeoutMs: 5000, echo: false });
  if (name === '') return agi.play('vm-sorry');
  await agi.play(['you-entered', { alpha: name }]);
  await agi.setVariable('NAME', name);
}
