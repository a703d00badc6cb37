/**
 * The call, as a script sees it. Each method is a command of Asterisk's, sent in the order called, awaited
 * or not. Where nothing else is said, a method rejects with `AgiHangupError` once the caller is gone, and
 * with the other errors of `errors.ts` where Asterisk refuses the command.
 */
import { type AgiArgument, encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { AgiRequest } from '../wire/agi-request';
import {
  type ChannelState,
  channelStates,
  type DataOutcome,
  digitOf,
  endposOf,
  numberOf,
  type PlayOutcome,
  type SayOutcome,
  type WaitOutcome,
} from './outcome';
import type { Ask, Session } from './session';

export interface EscapeOptions {
  /** The keys that end it, `0123456789*#`; none by default. */
  readonly escapeDigits?: string;
}

export class Agi {
  readonly #session: Session;

  /** For the ways that open a call; a script finds its call in the globals `agi` and `fastagi`. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** What Asterisk said of the call when it asked for the script. */
  get request(): AgiRequest {
    return this.#session.request;
  }

  /** Aborts when the caller hangs up; its reason is an `AgiHangupError`. Works with fetch, timers, streams … */
  get signal(): AbortSignal {
    return this.#session.signal;
  }

  /**
   * Sends a line as it is and gives Asterisk's reply.
   * @throws AgiArgumentError, before sending, for a line that AGI cannot carry
   */
  send(line: string): Promise<AgiReply> {
    return this.#session.turn((ask) => ask(line));
  }

  /** Answers the call; nothing where it is answered already. */
  answer(): Promise<void> {
    return this.#run('ANSWER', [], async (reply, ask) => {
      if (numberOf(reply) !== 0) await this.#failed('ANSWER', reply, ask);
    });
  }

  /** Hangs up this call. Commands that need a live channel are rejected from here on. */
  hangup(): Promise<void>;
  /** Hangs up another channel; false where there is none of this name. */
  hangup(channel: string): Promise<boolean>;
  hangup(channel?: string): Promise<unknown> {
    if (channel !== undefined) return this.#run('HANGUP', [channel], (reply) => numberOf(reply) === 1);
    return this.#run('HANGUP', [], () => this.#session.hungUp());
  }

  /** The state of this channel, or of the one named; undefined where there is none of this name. */
  channelStatus(channel?: string): Promise<ChannelState | undefined> {
    return this.#run(
      'CHANNEL STATUS',
      channel === undefined ? [] : [channel],
      (reply) => channelStates[numberOf(reply)],
    );
  }

  /**
   * Writes to the Asterisk console, a line for each line of the text. Works after a hangup.
   * @param level shown where the console's verbosity is at least this, 1 to 4
   */
  verbose(message: unknown, level = 1): Promise<void> {
    const text = String(message);
    const lines = text.includes('\n') || text.includes('\r') ? text.split(/\r\n|[\r\n]/) : [text];
    return this.#session.turn(async (ask) => {
      for (const line of lines) await ask(encodeCommand('VERBOSE', [line.replaceAll('\0', ''), level]));
    });
  }

  /** Does nothing, but is seen in Asterisk's AGI debug. Works after a hangup. */
  noop(text?: string): Promise<void> {
    return this.#run('NOOP', text === undefined ? [] : [text], () => {});
  }

  /**
   * Plays a sound file.
   * @param file without its extension; relative to Asterisk's sounds folder, in the channel's language
   */
  streamFile(
    file: string,
    options: EscapeOptions & { /** Where to begin. */ offsetSamples?: number } = {},
  ): Promise<PlayOutcome> {
    const offset = options.offsetSamples ?? 0;
    return this.#run(
      'STREAM FILE',
      [file, options.escapeDigits ?? '', offset],
      async (reply, ask): Promise<PlayOutcome> => {
        const result = numberOf(reply);
        const endposSamples = endposOf(reply);
        if (result === 0) return { outcome: 'complete', endposSamples };
        if (result > 0) return { outcome: 'digit', digit: digitOf(reply), endposSamples };
        // a file that cannot be opened and a hangup have the same result
        await this.#assertAlive(reply, ask);
        if (endposSamples !== offset) throw failures().commandFailed('STREAM FILE', reply);
        return { outcome: 'missing', endposSamples };
      },
    );
  }

  /**
   * Plays a prompt and collects keys, until `maxDigits` of them, the # key or the timeout.
   * @param options.timeoutMs for each key; Asterisk's own default (6,000 for the first, 2,000 between) where
   * it is left out
   * @param options.maxDigits 1 to 1023; as many as the caller likes where it is left out
   * @param options.secret keeps the digits out of the log: for a PIN or a card number
   */
  getData(
    prompt: string,
    options: { timeoutMs?: number; maxDigits?: number; secret?: boolean } = {},
  ): Promise<DataOutcome> {
    const { timeoutMs = 0, maxDigits = 1023, secret = false } = options;
    return this.#session.turn(async (ask) => {
      inRange('getData: maxDigits', maxDigits, 1, 1023);
      inRange('getData: timeoutMs', timeoutMs, 0, 0x7fffffff);
      const reply = await ask(encodeCommand('GET DATA', [prompt, timeoutMs, maxDigits]), { secret });
      if (reply.result === '-1') {
        await this.#assertAlive(reply, ask);
        return { outcome: 'missing', digits: '' };
      }
      return { outcome: reply.word === 'timeout' ? 'timeout' : 'complete', digits: reply.result };
    });
  }

  /** Waits for one key. @param timeoutMs -1 to wait for ever */
  waitForDigit(timeoutMs = -1): Promise<WaitOutcome> {
    return this.#run('WAIT FOR DIGIT', [timeoutMs], async (reply, ask): Promise<WaitOutcome> => {
      const result = numberOf(reply);
      if (result < 0) await this.#failed('WAIT FOR DIGIT', reply, ask);
      return result === 0 ? { outcome: 'timeout' } : { outcome: 'digit', digit: digitOf(reply) };
    });
  }

  /** Says digits one by one. @param digits must begin with a digit; may hold `*` and `#` further on */
  sayDigits(digits: string | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.#run(
      'SAY DIGITS',
      [digits, options.escapeDigits ?? ''],
      async (reply, ask): Promise<SayOutcome> => {
        const result = numberOf(reply);
        if (result < 0) await this.#failed('SAY DIGITS', reply, ask);
        return result === 0 ? { outcome: 'complete' } : { outcome: 'digit', digit: digitOf(reply) };
      },
    );
  }

  /** A channel variable's value, or undefined where it is not set. Works after a hangup. */
  getVariable(name: string): Promise<string | undefined> {
    return this.#run('GET VARIABLE', [name], valueIn, isSecretName(name));
  }

  /**
   * What an expression of the dialplan's gives, `${CALLERID(name)}`; undefined where the channel is unknown.
   * Works after a hangup. Text from users inside it is code: never put it there.
   * @param channel another channel's name, in whose place the expression is read
   */
  getFullVariable(expression: string, channel?: string): Promise<string | undefined> {
    const args = channel === undefined ? [expression] : [expression, channel];
    return this.#run('GET FULL VARIABLE', args, valueIn, isSecretName(expression));
  }

  /**
   * Sets a channel variable, or a dialplan function such as `CALLERID(name)`. Works after a hangup.
   * @throws AgiArgumentError, before sending, for a value with a newline: AGI cannot carry one
   */
  setVariable(name: string, value: AgiArgument): Promise<void> {
    return this.#run('SET VARIABLE', [name, value], () => {}, isSecretName(name));
  }

  /**
   * Runs a dialplan application, its arguments joined by commas, and gives what it returned: 0 where all
   * went well. Works after a hangup, as far as the application does.
   * @throws AgiCommandError with code `AGI_NO_APPLICATION` where Asterisk has none of this name
   */
  exec(application: string, ...args: AgiArgument[]): Promise<number> {
    const words = [application, args.join(',')];
    return this.#run('EXEC', words, async (reply, ask) => {
      const result = numberOf(reply);
      if (result === -2) {
        throw failures().noApplication(application, reply);
      }
      if (result === -1) await this.#assertAlive(reply, ask);
      return result;
    });
  }

  #run<T>(
    name: string,
    args: readonly AgiArgument[],
    outcome: (reply: AgiReply, ask: Ask) => T | Promise<T>,
    secret = false,
  ): Promise<T> {
    return this.#session.turn(async (ask) => outcome(await ask(encodeCommand(name, args), { secret }), ask));
  }

  /** Asks Asterisk whether the caller is still there, where a reply leaves it open. */
  async #assertAlive(reply: AgiReply, ask: Ask): Promise<void> {
    if (!this.#session.gone) {
      try {
        await ask('CHANNEL STATUS');
        return;
      } catch (error) {
        if (!failures().isHangup(error)) throw error;
      }
    }
    throw failures().hungUpDuring(reply);
  }

  async #failed(command: string, reply: AgiReply, ask: Ask): Promise<never> {
    await this.#assertAlive(reply, ask);
    throw failures().commandFailed(command, reply);
  }
}

function valueIn(reply: AgiReply): string | undefined {
  return reply.result === '0' ? undefined : reply.value;
}

function inRange(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw failures().outOfRange(what, value, least, most);
  }
}

/** Variables that, by their name, hold what no log should: passwords, PINs, card numbers. */
function isSecretName(name: string): boolean {
  return /passw|secret|token|\bpin\b|_pin\b|\bpin_|card|cvv|cvc/i.test(name);
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
