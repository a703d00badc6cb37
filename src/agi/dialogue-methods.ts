/** What a script says and asks in several steps: phpAGI's derived methods, and the dialogues beyond them. */
import type { SpeechOptions } from '../tts/speech';
import type { Agi } from './agi';
import type { CallerAudio } from './caller-audio';
import { commander, secretly } from './commander';
import { DialplanMethods } from './dialplan-methods';
import type { KeypadMode } from './keypad';
import type { MenuChoices, MenuKey, MenuOptions, MenuOutcome } from './menu';
import { checkOptions, escapeNames, speechNames } from './options';
import type { DataOutcome, EscapeOptions, SayOutcome } from './outcome';
import type { Prompt, SpokenPrompt } from './prompt';
import type { AskOptions, AskOutcome, ParsedOptions } from './question';
import type { TypeAhead } from './type-ahead';

export abstract class DialogueMethods extends DialplanMethods {
  abstract getData(
    prompt: string,
    options?: {
      timeoutMs?: number | undefined;
      maxDigits?: number | undefined;
      secret?: boolean | undefined;
    },
  ): Promise<DataOutcome>;

  /**
   * A buffer of keys for this stretch of the call, with the methods that play, say and ask: see `TypeAhead`.
   * @param options.secret keeps all that goes by way of it out of the log: where a PIN may be typed ahead
   */
  typeAhead(options: { secret?: boolean | undefined } = {}): TypeAhead {
    checkOptions('typeAhead', options, { secret: true });
    const agi = this as unknown as Agi;
    return new (typeAheadRoom().TypeAhead)(options.secret ? secretly(agi) : agi);
  }

  /**
   * Plays a prompt for each choice, and gives the key of the one that the caller has pressed. Await it: what is
   * called meanwhile comes between its steps.
   * @throws AgiError with code `AGI_NO_FILE` where a prompt's sound file is missing
   */
  async menu<const C extends MenuChoices>(
    choices: C,
    options: MenuOptions = {},
  ): Promise<MenuOutcome<MenuKey<C>>> {
    return this.typeAhead().menu(choices, options);
  }

  /**
   * Asks for digits until they mean something, and gives what they mean. Await it, like `menu`.
   * @throws AgiError with code `AGI_NO_FILE` where a prompt's sound file is missing; what `parse` throws
   */
  ask(options: AskOptions): Promise<AskOutcome<string>>;
  ask<T>(options: ParsedOptions<T>): Promise<AskOutcome<T>>;
  async ask<T>(options: AskOptions<T>): Promise<AskOutcome<T>> {
    return this.typeAhead().ask(options as ParsedOptions<T>);
  }

  /** Plays a prompt of any kind, or several. @returns the key of `escapeDigits` that ended it, where one did */
  async play(prompt: Prompt, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('play', options, escapeNames);
    const digit = await prompts().playPrompt(this as unknown as Agi, prompt, options.escapeDigits ?? '');
    return digit === undefined ? { outcome: 'complete' } : { outcome: 'digit', digit };
  }

  /**
   * Lets the caller write a text with the keys of a phone: 44 is h, 444 is i; `*` ends a character; `**` begins a
   * command, by the key behind it: 2 deletes a character, 9 a word, 5 to 8 begin lower case, numbers, symbols
   * and upper case. # ends the entry; one that ends in `**` is read out, and goes on.
   * @param options.mode how keys are read at first; `numeric`
   * @param options.prompt a sound file, or a text to speak, before each entry; `beep`
   * @param options.timeoutMs for each key, as in `getData`
   * @param options.echo whether each entry is spelt out behind it, as `sayPunctuation` does; true
   */
  async textInput(
    options: {
      mode?: KeypadMode | undefined;
      prompt?: string | SpokenPrompt | undefined;
      timeoutMs?: number | undefined;
      echo?: boolean | undefined;
    } = {},
  ): Promise<string> {
    checkOptions('textInput', options, { mode: true, prompt: true, timeoutMs: true, echo: true });
    const { mode = 'numeric', prompt = 'beep', timeoutMs, echo = true } = options;
    const keypad = new (keypadRoom().Keypad)(mode);
    const agi = this as unknown as Agi;
    for (let more = true; more; ) {
      const file =
        typeof prompt === 'string' ? prompt : await agi.speechFile(prompt.say, prompts().voiceOf(prompt));
      const typed = await this.getData(file, timeoutMs === undefined ? {} : { timeoutMs });
      if (typed.outcome === 'missing') throw prompts().noFile(file);
      more = keypad.enter(typed.digits);
      if (echo && keypad.text !== '') await this.sayPunctuation(keypad.text);
    }
    return keypad.text;
  }

  /**
   * Spells a text with its spaces, commas and all other signs by name: in English by the engine that the
   * configuration names (`[tts] engine`, `[festival]`, `[cepstral]`) or the options do, else by Asterisk's own
   * recordings, as `sayAlpha` does, which has some of the signs.
   */
  async sayPunctuation(text: string, options: SpeechOptions & EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayPunctuation', options, { ...speechNames, ...escapeNames });
    const { engine, escapeDigits = '' } = options;
    if (text === '') return { outcome: 'complete' };
    const agi = this as unknown as Agi;
    if (engine === undefined && !speaking().hasNamedEngine(this[commander]))
      return this.sayAlpha(text, { escapeDigits });
    return agi.say(signs().spellOut(text), options);
  }

  /**
   * The caller's voice, as it comes: EAGI. Ends at a hangup. Asterisk never waits for it to be read, and drops
   * what the pipe (some four seconds) does not hold. A script whose body has returned is not kept alive by it
   * beyond `linger_seconds`: await its end, or the call's (`agi.signal`).
   * @throws AgiError with code `AGI_NO_AUDIO` where the call did not come by EAGI()
   */
  get audio(): CallerAudio {
    return audioRoom().callerAudio(this as unknown as Agi);
  }
}

// each is wanted by the scripts that use it, and by no other
const typeAheadRoom = (): typeof import('./type-ahead') => require('./type-ahead');
const prompts = (): typeof import('./prompt') => require('./prompt');
const keypadRoom = (): typeof import('./keypad') => require('./keypad');
const speaking = (): typeof import('./speaking') => require('./speaking');
const signs = (): typeof import('./signs') => require('./signs');
const audioRoom = (): typeof import('./caller-audio') => require('./caller-audio');
