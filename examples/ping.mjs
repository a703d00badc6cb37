// Asks for an address, * for each dot, and says in how many milliseconds the machine there answers.
import { execFile } from 'node:child_process';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';

export default async function (agi) {
  await agi.answer();
  const asked = await agi.ask({
    prompt: ['vm-enter-num-to-call', 'vm-then-pound'],
    parse: (keys, invalid) => {
      const address = keys.replaceAll('*', '.');
      return isIPv4(address) ? address : invalid('invalid');
    },
  });
  if (asked.outcome !== 'answer') return agi.play('goodbye');
  await agi.play('one-moment-please');
  const milliseconds = await ping(asked.answer, agi.signal);
  await agi.setVariable('PING', milliseconds ?? '');
  await agi.play(
    milliseconds === undefined
      ? 'number-not-answering'
      : ['time', 'is', { number: Math.round(milliseconds) }],
  );
}

/** Ends with the call: `signal` aborts when the caller hangs up. */
async function ping(address, signal) {
  try {
    const { stdout } = await promisify(execFile)('ping', ['-c', '1', '-W', '2', address], { signal });
    return Number(/time=([\d.]+)/.exec(stdout)?.[1]);
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
