// Says back what the caller types, until it is 111.
await agi.answer();
await agi.play(['hello', 'vm-enter-num-to-call', 'vm-then-pound']);
for (;;) {
  const { digits } = await agi.getData('beep', { timeoutMs: 3000, maxDigits: 20 });
  if (digits === '111') break;
  await agi.play(digits ? ['you-entered', { digits }] : 'please-try-again');
}
await agi.play('goodbye');
await agi.hangup();
