/**
 * Keys that are typed ahead of the question: a caller who knows the menus types through them, and hears no
 * prompt that is answered already. phpAGI's fastpass methods, whose buffer is an object here.
 */
import type { SpeechOptions } from '../tts/speech';
import type { Agi } from './agi';
import { secretly } from './commander';
import { askMenu, type MenuChoices, type MenuKey, type MenuOptions, type MenuOutcome } from './menu';
import { checkOptions, dataNames, escapeNames, inRange, speechNames, voiceNames } from './options';
import type { DataOutcome, Digit, EscapeOptions, PlayOutcome, SayOutcome, WaitOutcome } from './outcome';
import { type Prompt, playPrompt } from './prompt';
import { type AskOptions, type AskOutcome, askNames, askQuestion, type ParsedOptions } from './question';

export const ALL_KEYS = '0123456789*#ABCD';
/** What Asterisk's GET DATA waits for the next key, where nothing else is said (res_agi.c). */
const BETWEEN_KEYS_MS = 2000;

/**
 * What plays or says is passed over while a key waits that would end it; else a key that ends it is kept. What
 * asks (`menu`, `ask`, `getData`, `waitForDigit`) takes the keys that wait before it listens. All keys end
 * what is played, where `escapeDigits` does not say otherwise.
 */
export class TypeAhead {
  readonly #agi: Agi;
  #keys = '';

  constructor(agi: Agi) {
    this.#agi = agi;
  }

  /** The keys that wait to be taken. */
  get digits(): string {
    return this.#keys;
  }

  /** Forgets the keys that wait, as behind a question that was not understood. */
  clear(): void {
    this.#keys = '';
  }

  /** The key that has waited longest, taken away; undefined where none waits. */
  take(): Digit | undefined {
    const key = this.#keys[0] as Digit | undefined;
    this.#keys = this.#keys.slice(1);
    return key;
  }

  /** Plays a prompt of any kind, unless keys wait. */
  async play(prompt: Prompt, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('play', options, escapeNames);
    return this.#unlessTyped(options, async (escapeDigits) => {
      const digit = await playPrompt(this.#agi, prompt, escapeDigits);
      return digit === undefined ? { outcome: 'complete' } : { outcome: 'digit', digit };
    });
  }

  /** As `Agi.streamFile`, unless keys wait. */
  async streamFile(
    file: string,
    options: EscapeOptions & { offsetSamples?: number | undefined } = {},
  ): Promise<PlayOutcome> {
    checkOptions('streamFile', options, { ...escapeNames, offsetSamples: true });
    const heard = await this.#unlessTyped<PlayOutcome>(options, (escapeDigits) =>
      this.#agi.streamFile(file, { ...options, escapeDigits }),
    );
    return { endposSamples: options.offsetSamples ?? 0, ...heard } as PlayOutcome;
  }

  /** Speaks a text, unless keys wait: see `Agi.say`. */
  async say(text: string, options: SpeechOptions & EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('say', options, { ...speechNames, ...escapeNames });
    return this.#unlessTyped(options, (escapeDigits) => this.#agi.say(text, { ...options, escapeDigits }));
  }

  /** By Festival: see `Agi.text2wav`. */
  async text2wav(
    text: string,
    options: Omit<SpeechOptions, 'engine'> & EscapeOptions = {},
  ): Promise<SayOutcome> {
    checkOptions('text2wav', options, { ...voiceNames, ...escapeNames });
    return this.#unlessTyped(options, (escapeDigits) =>
      this.#agi.text2wav(text, { ...options, escapeDigits }),
    );
  }

  /** By Cepstral's Swift: see `Agi.swift`. */
  async swift(
    text: string,
    options: Omit<SpeechOptions, 'engine'> & EscapeOptions = {},
  ): Promise<SayOutcome> {
    checkOptions('swift', options, { ...voiceNames, ...escapeNames });
    return this.#unlessTyped(options, (escapeDigits) => this.#agi.swift(text, { ...options, escapeDigits }));
  }

  /** As `Agi.sayDigits`, unless keys wait. */
  sayDigits(digits: string | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.play({ digits }, options);
  }

  /** As `Agi.sayNumber`, unless keys wait. */
  async sayNumber(
    number: number,
    options: EscapeOptions & { gender?: string | undefined } = {},
  ): Promise<SayOutcome> {
    checkOptions('sayNumber', options, { ...escapeNames, gender: true });
    const { gender, escapeDigits } = options;
    const ended = escapeDigits === undefined ? {} : { escapeDigits };
    return this.play(gender === undefined ? { number } : { number, gender }, ended);
  }

  /** As `Agi.sayAlpha`, unless keys wait. */
  sayAlpha(text: string, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.play({ alpha: text }, options);
  }

  /** As `Agi.sayPhonetic`, unless keys wait. */
  sayPhonetic(text: string, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.play({ phonetic: text }, options);
  }

  /** As `Agi.sayPunctuation`, unless keys wait. */
  async sayPunctuation(text: string, options: SpeechOptions & EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayPunctuation', options, { ...speechNames, ...escapeNames });
    return this.#unlessTyped(options, (escapeDigits) =>
      this.#agi.sayPunctuation(text, { ...options, escapeDigits }),
    );
  }

  /** As `Agi.sayDate`, unless keys wait. */
  sayDate(time: Date | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.play({ date: time }, options);
  }

  /** As `Agi.sayTime`, unless keys wait. */
  sayTime(time: Date | number, options: EscapeOptions = {}): Promise<SayOutcome> {
    return this.play({ time }, options);
  }

  /** As `Agi.sayDateTime`, unless keys wait. */
  async sayDateTime(
    time: Date | number,
    options: EscapeOptions & { format?: string | undefined; timezone?: string | undefined } = {},
  ): Promise<SayOutcome> {
    checkOptions('sayDateTime', options, { ...escapeNames, format: true, timezone: true });
    return this.#unlessTyped(options, (escapeDigits) =>
      this.#agi.sayDateTime(time, { ...options, escapeDigits }),
    );
  }

  /** The key that has waited longest, or the next one. @param timeoutMs -1, the default: for ever */
  async waitForDigit(timeoutMs = -1): Promise<WaitOutcome> {
    const digit = this.take();
    return digit === undefined ? this.#agi.waitForDigit(timeoutMs) : { outcome: 'digit', digit };
  }

  /**
   * As `Agi.getData`, without its prompt where keys wait: those are the first of the digits. Takes them up to
   * the # key or to `maxDigits`, and leaves the rest.
   */
  async getData(
    prompt: string,
    options: {
      timeoutMs?: number | undefined;
      maxDigits?: number | undefined;
      secret?: boolean | undefined;
    } = {},
  ): Promise<DataOutcome> {
    checkOptions('getData', options, dataNames);
    if (this.#keys === '') return this.#agi.getData(prompt, options);
    const { maxDigits = 1023, secret = false } = options;
    inRange('getData: maxDigits', maxDigits, 1, 1023);
    inRange('getData: timeoutMs', options.timeoutMs ?? 0, 0, 0x7fff_ffff);
    // 0 is Asterisk's own, as GET DATA has it
    const timeoutMs = options.timeoutMs || BETWEEN_KEYS_MS;
    const listener = secret ? secretly(this.#agi) : this.#agi;
    let digits = '';
    while (digits.length < maxDigits) {
      const key = this.take() ?? (await nextKey(listener, timeoutMs));
      if (key === undefined) return { outcome: 'timeout', digits };
      if (key === '#') break;
      digits += key;
    }
    return { outcome: 'complete', digits };
  }

  /** As `Agi.menu`, answered by the keys that wait. */
  async menu<const C extends MenuChoices>(
    choices: C,
    options: MenuOptions = {},
  ): Promise<MenuOutcome<MenuKey<C>>> {
    return askMenu(this, choices, options);
  }

  /** As `Agi.ask`, answered by the keys that wait. */
  ask(options: AskOptions): Promise<AskOutcome<string>>;
  ask<T>(options: ParsedOptions<T>): Promise<AskOutcome<T>>;
  async ask<T>(options: AskOptions<T>): Promise<AskOutcome<T>> {
    checkOptions('ask', options, askNames);
    if (!options.secret) return askQuestion(this, options);
    const secret = new TypeAhead(secretly(this.#agi));
    secret.#keys = this.#keys;
    try {
      return await askQuestion(secret, options);
    } finally {
      this.#keys = secret.#keys;
    }
  }

  async #unlessTyped<T extends SayOutcome | PlayOutcome>(
    { escapeDigits = ALL_KEYS }: EscapeOptions,
    play: (escapeDigits: string) => Promise<T>,
  ): Promise<T | { outcome: 'digit'; digit: Digit }> {
    const typed = Array.from(this.#keys).find((key) => escapeDigits.includes(key)) as Digit | undefined;
    if (typed !== undefined) return { outcome: 'digit', digit: typed };
    const heard = await play(escapeDigits);
    if (heard.outcome === 'digit') this.#keys += heard.digit;
    return heard;
  }
}

async function nextKey(agi: Agi, timeoutMs: number): Promise<Digit | undefined> {
  const waited = await agi.waitForDigit(timeoutMs);
  return waited.outcome === 'digit' ? waited.digit : undefined;
}
