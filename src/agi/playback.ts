/** The commands that play a sound and hear keys: what they send, and what their replies mean. */
import type { Commander } from './commander';
import { commandFailed } from './failures';
import { checkOptions, dataNames, escapeNames, inRange } from './options';
import {
  type DataOutcome,
  digitOf,
  type EscapeOptions,
  endposOf,
  numberOf,
  type PlayOutcome,
} from './outcome';

export async function streamFile(
  commander: Commander,
  file: string,
  options: EscapeOptions & { offsetSamples?: number | undefined },
): Promise<PlayOutcome> {
  checkOptions('streamFile', options, { ...escapeNames, offsetSamples: true });
  const offset = options.offsetSamples ?? 0;
  return commander.run(
    'STREAM FILE',
    [file, options.escapeDigits ?? '', offset],
    async (reply, ask): Promise<PlayOutcome> => {
      const result = numberOf(reply);
      const endposSamples = endposOf(reply);
      if (result === 0) return { outcome: 'complete', endposSamples };
      if (result > 0) return { outcome: 'digit', digit: digitOf(reply), endposSamples };
      // a file that cannot be opened and a hangup have the same result
      await commander.assertAlive(reply, ask);
      if (endposSamples !== offset) throw commandFailed('STREAM FILE', reply);
      return { outcome: 'missing', endposSamples };
    },
  );
}

export async function getData(
  commander: Commander,
  prompt: string,
  options: { timeoutMs?: number | undefined; maxDigits?: number | undefined; secret?: boolean | undefined },
): Promise<DataOutcome> {
  checkOptions('getData', options, dataNames);
  const { timeoutMs = 0, maxDigits = 1023, secret = commander.secret } = options;
  inRange('getData: maxDigits', maxDigits, 1, 1023);
  inRange('getData: timeoutMs', timeoutMs, 0, 0x7fffffff);
  return commander.run(
    'GET DATA',
    [prompt, timeoutMs, maxDigits],
    async (reply, ask): Promise<DataOutcome> => {
      if (reply.result === '-1') {
        await commander.assertAlive(reply, ask);
        return { outcome: 'missing', digits: '' };
      }
      return { outcome: reply.word === 'timeout' ? 'timeout' : 'complete', digits: reply.result };
    },
    secret,
  );
}
