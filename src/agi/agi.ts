/** The call, as a script sees it. */
import type { Config } from '../config';
import { type AgiArgument, checkArgument, encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { AgiRequest } from '../wire/agi-request';
import { Commander, commander, isSecretName } from './commander';
import type { DialogueMethods } from './dialogue-methods';
import { type DataOutcome, type EscapeOptions, numberOf, type PlayOutcome } from './outcome';
import type { Session } from './session';
import type { Speaking } from './speaking';

/**
 * The call. Methods send commands in the order in which they are called, awaited or not. Where nothing else is said, a
 * method rejects with `AgiHangupError` once the caller has gone, and with another `AgiError` where Asterisk refuses the
 * command.
 */
// what fewer scripts use stands on the prototype's prototype: see the end of this file
export interface Agi extends DialogueMethods, Omit<Speaking, typeof commander> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is there, see above
export class Agi {
  readonly [commander]: Commander;

  /** For the ways that open a call; a script finds its call in the globals `agi` and `fastagi`. */
  constructor(session: Session, config?: Config) {
    this[commander] = new Commander(session, false, { config });
  }

  /** What Asterisk said of the call when it asked for the script. */
  get request(): AgiRequest {
    return this[commander].session.request;
  }

  /** Aborts when the caller hangs up; its reason is an `AgiHangupError`. Works with fetch, timers, streams … */
  get signal(): AbortSignal {
    return this[commander].session.signal;
  }

  /**
   * Sends a line as it is and gives Asterisk's reply.
   * @throws AgiArgumentError, before sending, for a line that AGI cannot carry
   */
  send(line: string): Promise<AgiReply> {
    return this[commander].session.turn((ask) => ask(line));
  }

  /** Answers the call; nothing where it is answered already. */
  answer(): Promise<void> {
    return this[commander].run('ANSWER', [], async (reply, ask) => {
      if (numberOf(reply) !== 0) await this[commander].failed('ANSWER', reply, ask);
    });
  }

  /** Hangs up this call. Commands that need a live channel are rejected from here on. */
  hangup(): Promise<void>;
  /** Hangs up another channel; false where there is none of this name. */
  hangup(channel: string): Promise<boolean>;
  hangup(channel?: string): Promise<unknown> {
    if (channel !== undefined)
      return this[commander].run('HANGUP', [channel], (reply) => numberOf(reply) === 1);
    return this[commander].run('HANGUP', [], () => this[commander].session.hungUp());
  }

  /**
   * Writes to the Asterisk console, a line for each line of the text; an object as the console of Node shows
   * it. Works after a hangup.
   * @param level shown where the console's verbosity is at least this, 1 to 4
   */
  verbose(message: unknown, level = 1): Promise<void> {
    const shown = typeof message === 'object' && message !== null;
    const text = shown ? process.getBuiltinModule('node:util').inspect(message) : String(message);
    // a line of 480 characters fits into any Asterisk's command; what is longer is several
    const lines =
      text.length > 480 || text.includes('\n') || text.includes('\r')
        ? text.split(/\r\n|[\r\n]/).flatMap((line) => line.match(/.{1,480}/gsu) ?? [''])
        : [text];
    return this[commander].session.turn(async (ask) => {
      for (const line of lines) await ask(encodeCommand('VERBOSE', [line.replaceAll('\0', ''), level]));
    });
  }

  /**
   * Plays a sound file.
   * @param file without its extension; relative to Asterisk's sounds folder, in the channel's language
   */
  streamFile(
    file: string,
    options: EscapeOptions & { /** Where to begin. */ offsetSamples?: number | undefined } = {},
  ): Promise<PlayOutcome> {
    return playback().streamFile(this[commander], file, options);
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
    options: {
      timeoutMs?: number | undefined;
      maxDigits?: number | undefined;
      secret?: boolean | undefined;
    } = {},
  ): Promise<DataOutcome> {
    return playback().getData(this[commander], prompt, options);
  }

  /**
   * A channel variable's value, exactly as it was set, or undefined where it is not set. A dialplan function,
   * `CALLERID(num)`, is read in the same way; an empty string where it gives nothing. Works after a hangup.
   */
  getVariable(name: string): Promise<string | undefined> {
    return values().getVariable(this[commander], name);
  }

  /**
   * What an expression of the dialplan's gives, `${CALLERID(name)}`, exactly; undefined where the channel is
   * unknown. Works after a hangup. Text from users inside it is code: never put it there. A function gives at most
   * 4,095 bytes: one that stands alone is an error where it may have had more (`AGI_VALUE_CUT`), among others it is cut.
   * @param channel another channel's name, in whose place the expression is read
   */
  getFullVariable(expression: string, channel?: string): Promise<string | undefined> {
    return values().getFullVariable(this[commander], expression, channel);
  }

  /**
   * Sets a channel variable, or a dialplan function such as `CALLERID(name)`. Works after a hangup. What one
   * command cannot carry, a newline or more than this Asterisk reads in a line, goes by way of the dialplan's
   * URIDECODE(), piece by piece.
   * @throws AgiArgumentError, before sending, for a NUL
   */
  setVariable(name: string, value: AgiArgument): Promise<void> {
    if (typeof value === 'string' && (value.length > 300 || /[\r\n]/.test(value)))
      return values().setVariable(this[commander], name, value);
    return this[commander].run(
      'SET VARIABLE',
      [name, value],
      () => {},
      this[commander].secret || isSecretName(name),
    );
  }

  /**
   * Runs a dialplan application as it stands in the dialplan, and gives what it returned: 0 where all went
   * well. Values in the template are data: `` agi.exec`Dial(PJSIP/${extension},30)` `` dials one extension,
   * whatever it holds. Works after a hangup, as far as the application does.
   * @throws AgiCommandError with code `AGI_NO_APPLICATION` where Asterisk has none of this name
   * @throws AgiArgumentError, before sending, for a value that could not be kept from being more than data
   */
  exec(template: TemplateStringsArray, ...values: AgiArgument[]): Promise<number>;
  /** The same with arguments that are dialplan text, and are joined by commas. */
  exec(application: string, ...args: AgiArgument[]): Promise<number>;
  exec(application: string | TemplateStringsArray, ...args: AgiArgument[]): Promise<number> {
    if (typeof application !== 'string') return templates().execTemplate(this[commander], application, args);
    try {
      for (const arg of args) checkArgument(arg, 'EXEC');
    } catch (error) {
      return Promise.reject(error);
    }
    return this[commander].run('EXEC', [application, args.join(',')], (reply, ask) =>
      this[commander].executed(application, reply, ask),
    );
  }
}

// how values are read exactly
const values = (): typeof import('./values') => require('./values');
// applications in which values are data
const templates = (): typeof import('./exec-template') => require('./exec-template');
// sounds, and the keys that callers press meanwhile
const playback = (): typeof import('./playback') => require('./playback');
// text to speech, which must not wait for all the commands
const speaking = (): typeof import('./speaking') => require('./speaking');
// the commands that fewer scripts use: read in when the first of them is asked for
const rarer = (): typeof import('./dialogue-methods') => require('./dialogue-methods');

Object.setPrototypeOf(
  Agi.prototype,
  new Proxy(Object.prototype, {
    get(plain, name, call) {
      if (typeof name === 'symbol' || name in plain || name === 'then') return Reflect.get(plain, name, call);
      const room = 'say text2wav swift prepareSpeech speechFile'.split(' ').includes(name)
        ? speaking().Speaking
        : rarer().DialogueMethods;
      return Reflect.get(room.prototype, name, call);
    },
  }),
);
