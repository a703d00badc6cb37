/**
 * Regular expressions as the dialplan has them, those of POSIX (regcomp, REG_EXTENDED), as JavaScript's. They go over
 * bytes. Of all that it could take at the first place where it takes anything, it takes the most.
 */

export interface PosixMatch {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** How many bytes it took. */
  readonly length: number;
  /** What the first group took; undefined where there is none, or it took no part. */
  readonly group: string | undefined;
}

export interface PosixPattern {
  readonly hasGroups: boolean;
  match(text: string): PosixMatch | undefined;
}

/** In a longer text than this the first of several alternatives is taken, and not the longest. */
const MAX_COMPARED = 2000;

const classes: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\v\\f\\r',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  cntrl: '\\x00-\\x1f\\x7f',
  print: ' -~',
  graph: '!-~',
  xdigit: '0-9A-Fa-f',
};

/** Behind a backslash glibc has these, too; every other letter stands for itself. */
const escapes: Record<string, string> = {
  '<': '\\b(?=\\w)',
  '>': '\\b(?<=\\w)',
  '`': '^',
  "'": '$',
};

/** @throws SyntaxError Where it is none, with the reason. */
export function posixPattern(source: string): PosixPattern {
  const text = Buffer.from(source).toString('latin1');
  const { pattern, groups } = new Translation(text).whole();
  const compiled = new RegExp(pattern, 's');
  // only of alternatives JavaScript takes the first, whatever it is the longest of
  const find = text.includes('|') ? longest : (subject: string) => compiled.exec(subject);
  function longest(subject: string): RegExpExecArray | null {
    const first = compiled.exec(subject);
    if (!first || subject.length > MAX_COMPARED) return first;
    const least = subject.length - first.index - first[0].length;
    for (let left = 0; left < least; left++) {
      const sticky = new RegExp(`(?:${pattern})(?=.{${left}}$)`, 'sy');
      sticky.lastIndex = first.index;
      const found = sticky.exec(subject);
      if (found) return found;
    }
    return first;
  }
  return {
    hasGroups: groups > 0,
    match(subject) {
      const found = find(Buffer.from(subject).toString('latin1'));
      if (!found) return undefined;
      const group = found[1];
      return {
        at: found.index,
        length: found[0].length,
        group: group === undefined ? undefined : Buffer.from(group, 'latin1').toString(),
      };
    },
  };
}

class Translation {
  readonly #text: string;
  #at = 0;
  #groups = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): { pattern: string; groups: number } {
    return { pattern: this.#alternatives(0), groups: this.#groups };
  }

  /** Up to the bracket that closes this depth, or the end. */
  #alternatives(depth: number): string {
    let done = '';
    let atom = '';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) {
        if (depth > 0) throw new SyntaxError('( is not closed');
        return done + atom;
      }
      this.#at++;
      if (char === ')' && depth > 0) return done + atom;
      if (char === '|') {
        done += `${atom}|`;
        atom = '';
        continue;
      }
      const times = this.#times(char);
      if (times !== undefined) {
        if (atom === '') throw new SyntaxError(`nothing stands before ${char}`);
        // twice is allowed, and makes nothing lazy
        atom = `(?:${atom})${times}`;
        continue;
      }
      done += atom;
      atom = this.#atom(char, depth);
      if (atom === '^') {
        done += atom;
        atom = '';
      }
    }
  }

  #times(char: string): string | undefined {
    if (char === '*' || char === '+' || char === '?') return char;
    if (char !== '{') return undefined;
    const found = /^(\d*)(,?)(\d*)\}/.exec(this.#text.slice(this.#at));
    if (!found || (found[1] === '' && found[2] === ''))
      throw new SyntaxError('{ is not closed by a number and }');
    this.#at += found[0].length;
    const [, least, comma, most] = found;
    return `{${least || '0'}${comma}${most}}`;
  }

  #atom(char: string, depth: number): string {
    switch (char) {
      case '(':
        this.#groups++;
        return `(${this.#alternatives(depth + 1)})`;
      case '[':
        return this.#brackets();
      case '^':
      case '$':
      case '.':
        return char;
      case '\\': {
        const next = this.#text[this.#at++];
        if (next === undefined) throw new SyntaxError('a backslash ends it');
        if (/[1-9]/.test(next) && Number(next) > this.#groups)
          throw new SyntaxError(`there is no group ${next}`);
        return /[wWsSbB1-9]/.test(next) ? `\\${next}` : (escapes[next] ?? literal(next));
      }
      default:
        return literal(char);
    }
  }

  #brackets(): string {
    const text = this.#text;
    let inner = '';
    if (text[this.#at] === '^') {
      inner = '^';
      this.#at++;
    }
    for (let first = true; ; first = false) {
      const char = text[this.#at];
      if (char === undefined) throw new SyntaxError('[ is not closed');
      if (char === ']' && !first) break;
      const named = /^\[([:=.])(.*?)\1\]/s.exec(text.slice(this.#at));
      if (named) {
        const [whole, mark, name = ''] = named;
        const inside = mark === ':' ? classes[name] : name.length === 1 ? literal(name) : undefined;
        if (inside === undefined) throw new SyntaxError(`there is no ${whole}`);
        inner += inside;
        this.#at += whole.length;
        continue;
      }
      const next = text[this.#at + 2];
      if (text[this.#at + 1] === '-' && next !== undefined && next !== ']') {
        if (next < char) throw new SyntaxError(`the range ${char}-${next} goes backwards`);
        inner += `${literal(char)}-${literal(next)}`;
        this.#at += 3;
      } else {
        inner += literal(char);
        this.#at++;
      }
    }
    this.#at++;
    return `[${inner}]`;
  }
}

/** A byte that stands for itself. */
function literal(char: string): string {
  return /[\w]/.test(char) ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
