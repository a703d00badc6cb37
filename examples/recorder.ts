// Records a greeting: 1 keeps it, 2 plays it, 3 records it anew. Where it lies is in the variable RECORDING.
import type { Agi } from 'fastagi';

export default async function recorder(agi: Agi): Promise<void> {
  // what a caller says of himself is no name of a file: only its digits are taken
  const file = `greetings/${agi.request.callerId?.replace(/\D/g, '') || 'anonymous'}`;
  await agi.answer();
  await record(agi, file);
  for (;;) {
    const pressed = await agi.menu(
      { 1: [], 2: [], 3: [] },
      { greeting: 'vm-review', beep: '', timeoutMs: 5000 },
    );
    if (pressed.outcome !== 'choice' || pressed.choice === '1') break;
    if (pressed.choice === '2') await agi.streamFile(file);
    else await record(agi, file);
  }
  await agi.setVariable('RECORDING', file);
  await agi.play(['vm-msgsaved', 'goodbye']);
}

async function record(agi: Agi, file: string): Promise<void> {
  await agi.play(['vm-rec-temp', 'vm-then-pound']);
  const recorded = await agi.recordFile(file, 'wav', {
    escapeDigits: '#',
    beep: true,
    timeoutMs: 60_000,
    silenceSeconds: 5,
  });
  if (recorded.outcome === 'unwritable')
    throw new Error(`${file} cannot be recorded: may Asterisk write there?`);
}
