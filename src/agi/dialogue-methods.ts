/** What a script says and asks in several steps: phpAGI's derived methods, and the dialogues beyond them. */
import type { Agi } from './agi';
import type { CallerAudio } from './caller-audio';
import { checkOptions } from './commander';
import { DialplanMethods } from './dialplan-methods';
import type { KeypadMode } from './keypad';
import type { MenuChoices, MenuOptions, MenuOutcome } from './menu';
import type { DataOutcome, Digit, EscapeOptions, SayOutcome } from './outcome';
import type { Prompt } from './prompt';
import type { AskOptions, AskOutcome } from './question';
import type { TypeAhead } from './type-ahead';

export abstract class DialogueMethods extends DialplanMethods {
  abstract getData(
    prompt: string,
    options?: { timeoutMs?: number; maxDigits?: number; secret?: boolean },
  ): Promise<DataOutcome>;

  /** A buffer of keys for this stretch of the call, with the methods that play, say and ask: see `TypeAhead`. */
  typeAhead(): TypeAhead {
    return new (typeAheadRoom().TypeAhead)(this as unknown as Agi);
  }

  /**
   * Plays a prompt for each choice, and gives the key of the one that the caller has pressed.
   * @throws AgiError with code `AGI_NO_FILE` where a prompt's sound file is missing
   */
  async menu<K extends Digit>(choices: MenuChoices<K>, options: MenuOptions = {}): Promise<MenuOutcome<K>> {
    return this.typeAhead().menu(choices, options);
  }

  /**
   * Asks for digits until they mean something, and gives what they mean.
   * @throws AgiError with code `AGI_NO_FILE` where a prompt's sound file is missing; what `parse` throws
   */
  async ask<T = string>(options: AskOptions<T>): Promise<AskOutcome<T>> {
    return this.typeAhead().ask(options);
  }

  /** Plays a prompt of any kind, or several. @returns the key of `escapeDigits` that ended it, where one did */
  async play(prompt: Prompt, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('play', options);
    const digit = await prompts().playPrompt(this as unknown as Agi, prompt, options.escapeDigits ?? '');
    return digit === undefined ? { outcome: 'complete' } : { outcome: 'digit', digit };
  }

  /**
   * Lets the caller write a text with the keys of a phone: 44 is h, 444 is i; `*` ends a character; `**` begins a
   * command, by the key behind it: 2 deletes a character, 9 a word, 5 to 8 begin lower case, numbers, symbols
   * and upper case. # ends the entry; one that ends in `**` is read out, and goes on.
   * @param options.mode how keys are read at first; `numeric`
   * @param options.prompt a sound file before each entry; `beep`
   * @param options.timeoutMs for each key, as in `getData`
   * @param options.echo whether each entry is spelt out behind it; true
   */
  async textInput(
    options: { mode?: KeypadMode; prompt?: string; timeoutMs?: number; echo?: boolean } = {},
  ): Promise<string> {
    checkOptions('textInput', options);
    const { mode = 'numeric', prompt = 'beep', timeoutMs, echo = true } = options;
    const keypad = new (keypadRoom().Keypad)(mode);
    for (let more = true; more; ) {
      const typed = await this.getData(prompt, timeoutMs === undefined ? {} : { timeoutMs });
      if (typed.outcome === 'missing') throw prompts().noFile(prompt);
      more = keypad.enter(typed.digits);
      if (echo && keypad.text !== '') await this.sayPunctuation(keypad.text);
    }
    return keypad.text;
  }

  /** Spells a text with its spaces, commas and all other signs by name. */
  async sayPunctuation(text: string, options: EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('sayPunctuation', options);
    return text === '' ? { outcome: 'complete' } : this.sayAlpha(text, options);
  }

  /**
   * The caller's voice, as it comes: EAGI. Ends at a hangup. Asterisk never waits for it to be read, and drops
   * what the pipe (some four seconds) does not hold.
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
const audioRoom = (): typeof import('./caller-audio') => require('./caller-audio');
