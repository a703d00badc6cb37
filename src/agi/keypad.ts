/**
 * Text from the keys of a phone, in phpAGI's way: a key pressed once, twice … gives its first, second …
 * character, `*` ends a character, and a second `*` begins a command.
 */
import { AgiArgumentError } from '../errors';

/** What the keys of a phone stand for. */
export type KeypadMode = 'numeric' | 'lowercase' | 'uppercase' | 'symbol';

/** What each key gives, pressed once, twice, three times … */
const letters: Record<string, string> = {
  0: ' ,.?0',
  1: '!:;#1',
  2: 'abc2',
  3: 'def3',
  4: 'ghi4',
  5: 'jkl5',
  6: 'mno6',
  7: 'pqrs7',
  8: 'tuv8',
  9: 'wxyz9',
};
const symbols: Record<string, string> = {
  0: '=',
  1: '<([{1',
  2: '@$&%2',
  3: '>)]}3',
  4: '+-*/4',
  5: "'`5",
  6: '"6',
  7: '^7',
  8: '\\|8',
  9: '_~9',
};

/** The key behind `**` to the mode that begins there. */
const modes: Record<string, KeypadMode> = { 5: 'lowercase', 6: 'numeric', 7: 'symbol', 8: 'uppercase' };
const DELETE_CHARACTER = '2';
const DELETE_WORD = '9';

export class Keypad {
  /** What the keys so far have given. */
  text = '';
  mode: KeypadMode;

  /** @throws AgiArgumentError for a mode that there is not */
  constructor(mode: KeypadMode) {
    if (!Object.values(modes).includes(mode)) {
      throw new AgiArgumentError(
        `textInput: mode is ${JSON.stringify(mode)}, and there are ${Object.values(modes).join(', ')}`,
      );
    }
    this.mode = mode;
  }

  /**
   * Takes one entry of keys.
   * @returns whether the caller wants to go on: the entry ended in `**`
   */
  enter(keys: string): boolean {
    let isCommand = false;
    for (let piece of keys.split('*')) {
      if (isCommand) {
        this.#obey(piece.charAt(0));
        piece = piece.slice(1);
      }
      isCommand = piece === '';
      if (!isCommand) this.#type(piece);
    }
    return keys.endsWith('**');
  }

  #obey(command: string): void {
    if (command === DELETE_CHARACTER) this.text = this.text.slice(0, -1);
    else if (command === DELETE_WORD) this.text = this.text.slice(0, Math.max(0, this.text.lastIndexOf(' ')));
    else this.mode = modes[command] ?? this.mode;
  }

  #type(piece: string): void {
    if (this.mode === 'numeric') {
      this.text += piece;
      return;
    }
    const key = piece.charAt(0);
    const table = this.mode === 'symbol' ? symbols : letters;
    // only one key again and again is a character; what is none is passed over
    const character = piece === key.repeat(piece.length) ? table[key]?.charAt(piece.length - 1) : undefined;
    this.text += (this.mode === 'uppercase' ? character?.toUpperCase() : character) ?? '';
  }
}
