// Names each key as it is pressed; # ends it. With ?alone=yes only the keys, without the words before them.
const words = { '*': 'digits/star', '#': 'digits/pound' };

export default async function (agi) {
  await agi.answer();
  const before = agi.request.params.alone === 'yes' ? [] : ['you-entered'];
  let keys = '';
  for (;;) {
    const pressed = await agi.waitForDigit(10_000);
    if (pressed.outcome === 'timeout') break;
    keys += pressed.digit;
    await agi.play([...before, words[pressed.digit] ?? { digits: pressed.digit }]);
    if (pressed.digit === '#') break;
  }
  await agi.setVariable('KEYS', keys);
  await agi.play('goodbye');
}
