/**
 * The commands that fewer scripts use; `Agi` has them all, and fetches this room when the first of them is
 * asked for. What each of them sends and answers is in Asterisk's res_agi.c; what holds for all of them
 * stands at `Agi`.
 */
import { AgiArgumentError } from '../errors';
import { type AgiArgument, checkArgument, encodeCommand } from '../wire/agi-command';
import { splitArguments } from '../wire/dialplan';
import { epochSeconds, INT, optional, say } from './command-forms';
import { commander } from './commander';
import { commandFailed } from './failures';
import { checkDescription, checkOptions, escapeNames, inRange } from './options';
import {
  type CharOutcome,
  type ControlOutcome,
  type Digit,
  digitOf,
  type EscapeOptions,
  endposOf,
  numberOf,
  type OptionOutcome,
  type RecordOutcome,
  type SayOutcome,
  type WaitOutcome,
} from './outcome';
import { SpeechCommands } from './speech-commands';
import { databaseGet, databasePut } from './values';

/** The state of a channel, in Asterisk's order from 0 (channelstate.h). */
export const channelStates = [
  'down',
  'reserved',
  'off hook',
  'dialing',
  'ring',
  'ringing',
  'up',
  'busy',
  'dialing off hook',
  'pre-ring',
] as const;
/** What a channel is doing. */
export type ChannelState = (typeof channelStates)[number];

/** The words that RECORD FILE says behind its result (res_agi.c, handle_recordfile). */
const recordEndings = new Map<string, RecordOutcome['outcome']>([
  ['dtmf', 'digit'],
  ['timeout', 'timeout'],
  ['hangup', 'hangup'],
  ['waitfor', 'interrupted'],
  ['randomerror', 'interrupted'],
  ['writefile', 'unwritable'],
]);

/** What SAY DATETIME says where no format is given, which it then must be for a time zone behind it. */
const DATE_TIME = "ABdY 'digits/at' IMp";

/** The most that SET CALLERID takes apart; what is longer loses its end, and that is the number (res_agi.c). */
const CALLER_ID_BYTES = 255;

/** Its methods are called on an `Agi`, which is not constructed as one of these: nothing here is #private. */
export abstract class Commands extends SpeechCommands {
  /** The state of this channel, or of the one named; undefined where there is none of this name. */
  channelStatus(channel?: string): Promise<ChannelState | undefined> {
    return this[commander].run(
      'CHANNEL STATUS',
      channel === undefined ? [] : [channel],
      (reply) => channelStates[numberOf(reply)],
    );
  }

  /** Does nothing, but is seen in Asterisk's AGI debug. Works after a hangup. */
  noop(text?: string): Promise<void> {
    return this[commander].run('NOOP', text === undefined ? [] : [text], () => {});
  }

  /** Waits for one key. @param timeoutMs -1, the default: for ever */
  waitForDigit(timeoutMs = -1): Promise<WaitOutcome> {
    return this[commander].run('WAIT FOR DIGIT', [timeoutMs], async (reply, ask): Promise<WaitOutcome> => {
      const result = numberOf(reply);
      if (result < 0) await this[commander].failed('WAIT FOR DIGIT', reply, ask);
      return result === 0 ? { outcome: 'timeout' } : { outcome: 'digit', digit: digitOf(reply) };
    });
  }

  /** Ends an AsyncAGI session, and lets the dialplan go on; does nothing in any other kind. */
  asyncAgiBreak(): Promise<void> {
    return this[commander].run('ASYNCAGI BREAK', [], () => {});
  }

  // — Asterisk's database. Works after a hangup.

  /** A value of Asterisk's database, or undefined where there is none. */
  databaseGet(family: string, key: string): Promise<string | undefined> {
    return databaseGet(this[commander], family, key);
  }

  /**
   * Stores a value in Asterisk's database; one with a newline, or longer than a command, by way of the dialplan's DB().
   * @throws AgiCommandError where Asterisk could not
   */
  databasePut(family: string, key: string, value: AgiArgument): Promise<void> {
    return databasePut(this[commander], family, key, value);
  }

  /** Removes a value from Asterisk's database. Asterisk does not tell whether there was one. */
  databaseDel(family: string, key: string): Promise<void> {
    return this[commander].run('DATABASE DEL', [family, key], () => {});
  }

  /**
   * Removes a family, or what of it lies below `tree`; false where there was nothing. Asterisk compares by a pattern
   * (main/db.c): small letters and capitals are alike to it, and `_` is any one character.
   * @throws AgiArgumentError, before sending, for an empty family and for `%`: to Asterisk, all of its database, and
   * any text
   */
  async databaseDelTree(family: string, tree?: string): Promise<boolean> {
    if (family === '') {
      throw new AgiArgumentError(
        'databaseDelTree: Asterisk takes an empty family for all of its database: name the family',
      );
    }
    const pattern = [family, tree].find((part) => String(part).includes('%'));
    if (pattern !== undefined) {
      throw new AgiArgumentError(
        `databaseDelTree: Asterisk takes % for any text, and would remove more than ${JSON.stringify(pattern)}: delete such a key by databaseDel`,
      );
    }
    // 0 where it was deleted, 1 where nothing was there: the other way round than every other command
    return this[commander].run('DATABASE DELTREE', optional(family, tree), (reply) => numberOf(reply) === 0);
  }

  // — Playing and recording

  /**
   * Plays a file that the caller can wind, pause and stop with keys.
   * @param options.skipMs how far one press winds, 3000
   * @param options.forward the key that winds forward, `#`; it and the next win over `escapeDigits`
   * @param options.rewind the key that winds back, `*`
   * @param options.pause the key that pauses and goes on; none by default
   * @param options.offsetMs where to begin
   */
  async controlStreamFile(
    file: string,
    options: EscapeOptions & {
      skipMs?: number | undefined;
      forward?: Digit | undefined;
      rewind?: Digit | undefined;
      pause?: Digit | undefined;
      offsetMs?: number | undefined;
    } = {},
  ): Promise<ControlOutcome> {
    checkOptions('controlStreamFile', options, {
      ...escapeNames,
      skipMs: true,
      forward: true,
      rewind: true,
      pause: true,
      offsetMs: true,
    });
    const { escapeDigits = '', skipMs = 3000, forward = '#', rewind = '*', pause, offsetMs } = options;
    inRange('controlStreamFile: skipMs', skipMs, 1, INT[1]);
    const args: AgiArgument[] = [file, escapeDigits, skipMs, forward, rewind];
    if (pause !== undefined || offsetMs !== undefined) args.push(pause ?? '');
    if (offsetMs !== undefined) args.push(offsetMs);
    return this[commander].run('CONTROL STREAM FILE', args, async (reply, ask): Promise<ControlOutcome> => {
      const result = numberOf(reply);
      // Asterisk counts milliseconds here, and says -1 at the end of the file
      const endposMs = endposOf(reply) < 0 ? undefined : endposOf(reply);
      if (result === 0) return { outcome: 'complete', endposMs };
      if (result > 0) return { outcome: 'digit', digit: digitOf(reply), endposMs };
      await this[commander].assertAlive(reply, ask);
      return { outcome: 'missing', endposMs };
    });
  }

  /**
   * Plays a file and waits for one of `escapeDigits` until the timeout has passed behind its end. A key that
   * is not among them is a timeout, too: Asterisk tells no difference.
   * @param options.timeoutMs 5000
   */
  async getOption(
    file: string,
    options: EscapeOptions & { timeoutMs?: number | undefined } = {},
  ): Promise<OptionOutcome> {
    checkOptions('getOption', options, { ...escapeNames, timeoutMs: true });
    const { escapeDigits = '0123456789*#', timeoutMs = 5000 } = options;
    inRange('getOption: timeoutMs', timeoutMs, 0, INT[1]);
    return this[commander].run(
      'GET OPTION',
      [file, escapeDigits, timeoutMs],
      async (reply, ask): Promise<OptionOutcome> => {
        const result = numberOf(reply);
        const endposSamples = endposOf(reply);
        if (result > 0) return { outcome: 'digit', digit: digitOf(reply), endposSamples };
        // a hangup has the same reply
        await this[commander].assertAlive(reply, ask);
        return { outcome: result === 0 ? 'timeout' : 'missing', endposSamples };
      },
    );
  }

  /**
   * Records the caller. A hangup ends a recording in good order: it is an outcome here, no error, and what
   * was recorded is there.
   * @param file without its extension, which `format` gives it
   * @param format `wav`, `gsm`, `ulaw` …
   * @param options.timeoutMs the longest recording; -1, the default: no limit
   * @param options.offsetSamples where in an existing file to begin
   * @param options.beep whether to beep first
   * @param options.silenceSeconds ends the recording when the caller has said nothing for so long
   */
  async recordFile(
    file: string,
    format: string,
    options: EscapeOptions & {
      timeoutMs?: number | undefined;
      offsetSamples?: number | undefined;
      beep?: boolean | undefined;
      silenceSeconds?: number | undefined;
    } = {},
  ): Promise<RecordOutcome> {
    checkOptions('recordFile', options, {
      ...escapeNames,
      timeoutMs: true,
      offsetSamples: true,
      beep: true,
      silenceSeconds: true,
    });
    const { escapeDigits = '#', timeoutMs = -1, offsetSamples, beep, silenceSeconds } = options;
    inRange('recordFile: timeoutMs', timeoutMs, -1, INT[1]);
    const args: AgiArgument[] = [file, format, escapeDigits, timeoutMs];
    if (offsetSamples !== undefined) args.push(offsetSamples);
    if (beep) args.push('BEEP');
    if (silenceSeconds !== undefined) {
      inRange('recordFile: silenceSeconds', silenceSeconds, 1, INT[1]);
      args.push(`s=${silenceSeconds}`);
    }
    return this[commander].run('RECORD FILE', args, async (reply, ask): Promise<RecordOutcome> => {
      const endposSamples = endposOf(reply);
      let outcome = recordEndings.get(reply.word ?? '');
      // a hangup in the beep, or between two pieces of sound, has the words of other mishaps
      if (outcome === 'interrupted' && !(await this[commander].isAlive(ask))) outcome = 'hangup';
      if (outcome === 'digit') return { outcome, digit: digitOf(reply), endposSamples };
      if (outcome !== undefined) return { outcome, endposSamples };
      if (numberOf(reply) < 0) throw commandFailed('RECORD FILE', reply);
      return { outcome: 'complete', endposSamples };
    });
  }

  // — Saying. Each is ended by a key of `escapeDigits`.

  /** Says digits one by one. @param digits must begin with a digit; may hold `*` and `#` further on */
  async sayDigits(digits: string | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayDigits', options, escapeNames);
    return say(this[commander], 'SAY DIGITS', [digits, options.escapeDigits ?? '']);
  }

  /** Spells a text, character by character. */
  async sayAlpha(text: string, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayAlpha', options, escapeNames);
    return say(this[commander], 'SAY ALPHA', [text, options.escapeDigits ?? '']);
  }

  /** Spells a text by the phonetic alphabet. */
  async sayPhonetic(text: string, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayPhonetic', options, escapeNames);
    return say(this[commander], 'SAY PHONETIC', [text, options.escapeDigits ?? '']);
  }

  /** Says a whole number of 32 bits. @param options.gender `f`, `m`, `n` …, for languages that have them */
  async sayNumber(
    number: number,
    options: EscapeOptions & { gender?: string | undefined } = {},
  ): Promise<SayOutcome> {
    checkOptions('sayNumber', options, { ...escapeNames, gender: true });
    inRange('sayNumber', number, ...INT);
    return say(this[commander], 'SAY NUMBER', optional(number, options.escapeDigits ?? '', options.gender));
  }

  /** Says the date of a moment, in the time zone of Asterisk's machine. */
  async sayDate(time: Date | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayDate', options, escapeNames);
    return say(this[commander], 'SAY DATE', [epochSeconds('sayDate', time), options.escapeDigits ?? '']);
  }

  /** Says the time of day of a moment, in the time zone of Asterisk's machine. */
  async sayTime(time: Date | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayTime', options, escapeNames);
    return say(this[commander], 'SAY TIME', [epochSeconds('sayTime', time), options.escapeDigits ?? '']);
  }

  /**
   * Says a moment.
   * @param time a Date, or seconds since 1970
   * @param options.format as in voicemail.conf, `ABdY 'digits/at' IMp`; Asterisk's own for the language where it is
   * left out
   * @param options.timezone `Europe/Berlin`; the one of Asterisk's machine where it is left out
   */
  async sayDateTime(
    time: Date | number,
    options: EscapeOptions & { format?: string | undefined; timezone?: string | undefined } = {},
  ): Promise<SayOutcome> {
    checkOptions('sayDateTime', options, { ...escapeNames, format: true, timezone: true });
    const { escapeDigits = '', format, timezone } = options;
    const seconds = epochSeconds('sayDateTime', time);
    return say(
      this[commander],
      'SAY DATETIME',
      optional(seconds, escapeDigits, format ?? (timezone && DATE_TIME), timezone),
    );
  }

  // — Text and images, on channels that carry them

  /** Sends a text to the channel; nothing happens where it carries none. */
  sendText(text: string): Promise<void> {
    return this[commander].run('SEND TEXT', [text], async (reply, ask) => {
      if (numberOf(reply) < 0) await this[commander].failed('SEND TEXT', reply, ask);
    });
  }

  /** Sends an image file, named without its extension; nothing happens where the channel carries none. */
  sendImage(file: string): Promise<void> {
    return this[commander].run('SEND IMAGE', [file], async (reply, ask) => {
      if (numberOf(reply) < 0) await this[commander].failed('SEND IMAGE', reply, ask);
    });
  }

  /** Waits for a character of text. @param timeoutMs 0 for ever */
  async receiveChar(timeoutMs: number): Promise<CharOutcome> {
    inRange('receiveChar: timeoutMs', timeoutMs, 0, INT[1]);
    return this[commander].run('RECEIVE CHAR', [timeoutMs], async (reply, ask): Promise<CharOutcome> => {
      const result = numberOf(reply);
      if (result > 0) return { outcome: 'char', char: String.fromCodePoint(result) };
      if (result === 0) return { outcome: 'unsupported' };
      // Asterisk says `hangup` at a timeout, too
      await this[commander].assertAlive(reply, ask);
      return { outcome: 'timeout' };
    });
  }

  /** Waits for a text; undefined where none came in time. @param timeoutMs 0 for ever */
  async receiveText(timeoutMs: number): Promise<string | undefined> {
    inRange('receiveText: timeoutMs', timeoutMs, 0, INT[1]);
    return this[commander].run('RECEIVE TEXT', [timeoutMs], async (reply, ask) => {
      if (numberOf(reply) > 0) return reply.value;
      await this[commander].assertAlive(reply, ask);
      return undefined;
    });
  }

  /** Turns the telecommunications device for the deaf on or off; false where the channel has none. */
  tddMode(mode: 'on' | 'off' | 'mate' | 'tdd'): Promise<boolean> {
    return this[commander].run('TDD MODE', [mode], (reply) => numberOf(reply) === 1);
  }

  // — The channel and its place in the dialplan

  /** Hangs the channel up so many seconds from now; 0: never. */
  async setAutoHangup(seconds: number): Promise<void> {
    inRange('setAutoHangup', seconds, 0, INT[1]);
    return this[commander].run('SET AUTOHANGUP', [seconds], () => {});
  }

  /**
   * Sets the caller id: a number, `"Jo Do" <123>`, or both apart.
   * @param callerId may have more to it, as a row of a database that has these two columns among others; a `name` that
   * is null, or not there, is none
   * @throws AgiArgumentError where `number` is missing, or a name is one of these two misspelt (`NAME`, `nubmer`)
   */
  async setCallerId(
    callerId: AgiArgument | { readonly name?: string | null | undefined; readonly number: AgiArgument },
  ): Promise<void> {
    if (typeof callerId === 'string' || typeof callerId === 'number')
      return this[commander].run('SET CALLERID', [callerId], () => {});
    checkDescription('setCallerId', callerId, { name: true, number: true });
    const { name, number } = callerId;
    checkArgument(number, 'setCallerId: number');
    checkArgument(name ?? '', 'setCallerId: name');
    const quoted = String(name ?? '').replace(/[\\"]/g, '\\$&');
    const whole = `"${quoted}" <${number}>`;
    if (Buffer.byteLength(whole) <= CALLER_ID_BYTES && !/[<>]/.test(String(number)))
      return this[commander].run('SET CALLERID', [whole], () => {});
    // each by itself: there is nothing that it could be cut by
    const lines = [
      encodeCommand('SET VARIABLE', ['CALLERID(name)', name ?? '']),
      encodeCommand('SET VARIABLE', ['CALLERID(num)', number]),
    ];
    return this[commander].session.turn(async (ask) => {
      for (const line of lines) await ask(line, { secret: this[commander].secret });
    });
  }

  /** The context in which the dialplan goes on. */
  setContext(context: string): Promise<void> {
    return this[commander].run('SET CONTEXT', [context], () => {});
  }

  /** The extension at which the dialplan goes on. */
  setExtension(extension: string): Promise<void> {
    return this[commander].run('SET EXTENSION', [extension], () => {});
  }

  /** The priority or the label at which the dialplan goes on. @throws AgiUsageError where there is no such label */
  setPriority(priority: string | number): Promise<void> {
    return this[commander].run('SET PRIORITY', [priority], () => {});
  }

  /** Music on hold for the caller, or an end of it. @param musicClass the channel's own where it is left out */
  async setMusic(on: boolean, musicClass?: string): Promise<void> {
    if (typeof on !== 'boolean')
      throw new AgiArgumentError(`setMusic: on is true or false, and this is ${typeof on}`);
    return this[commander].run('SET MUSIC', optional(on ? 'ON' : 'OFF', musicClass), () => {});
  }

  /**
   * Runs a subroutine of the dialplan until its Return().
   * @param args its ARG1, ARG2 …
   * @throws AgiCommandError with code `AGI_NO_LABEL` where there is no such place
   * @throws AgiArgumentError, before sending, for an argument that GOSUB would not pass on as it is
   */
  async gosub(
    context: string,
    extension: string,
    priority: string | number,
    ...args: AgiArgument[]
  ): Promise<void> {
    for (const arg of args) checkArgument(arg, 'GOSUB');
    const misplaced = [context, extension, String(priority)].find((part) => /[,()]/.test(part));
    if (misplaced !== undefined) {
      throw new AgiArgumentError(
        `gosub: ${JSON.stringify(misplaced)} holds a comma or a parenthesis, at which GOSUB would begin its next argument`,
      );
    }
    const list = args.map(String);
    const joined = list.join(',');
    const arrived = args.length === 0 ? [] : splitArguments(joined, true);
    const lost = list.findIndex((arg, at) => arg !== arrived[at]);
    if (lost !== -1 || arrived.length > list.length) {
      throw new AgiArgumentError(
        `gosub: argument ${lost + 1} holds a comma, or a quote, a bracket or a backslash that hides one, and GOSUB has no way to pass it on: ` +
          'set a variable to it, and read that in the subroutine',
      );
    }
    const words = optional(context, extension, priority, args.length > 0 ? joined : undefined);
    return this[commander].run('GOSUB', words, async (reply, ask) => {
      if (numberOf(reply) >= 0) return;
      await this[commander].assertAlive(reply, ask);
      throw commandFailed('GOSUB', reply, 'AGI_NO_LABEL');
    });
  }
}
