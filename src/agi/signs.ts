/** The English names of signs, for a text that is read out sign by sign. */

const names: Readonly<Record<string, string>> = {
  ...{ ' ': 'space', '!': 'exclamation mark', '"': 'quotation mark', '#': 'number sign', $: 'dollar sign' },
  ...{ '%': 'percent sign', '&': 'ampersand', "'": 'apostrophe', '(': 'left parenthesis' },
  ...{
    ')': 'right parenthesis',
    '*': 'asterisk',
    '+': 'plus sign',
    ',': 'comma',
    '-': 'hyphen',
    '.': 'period',
  },
  ...{ '/': 'slash', ':': 'colon', ';': 'semicolon', '<': 'less than sign', '=': 'equals sign' },
  ...{
    '>': 'greater than sign',
    '?': 'question mark',
    '@': 'at sign',
    '[': 'left bracket',
    '\\': 'backslash',
  },
  ...{ ']': 'right bracket', '^': 'caret', _: 'underscore', '`': 'backquote', '{': 'left brace' },
  ...{ '|': 'vertical bar', '}': 'right brace', '~': 'tilde' },
};

/** Each character by itself: a capital is read as a letter, where a small one could be an article. */
export function spellOut(text: string): string {
  return Array.from(text, (char) => names[char] ?? char.toUpperCase()).join(', ');
}
