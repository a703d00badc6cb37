/**
 * What of a call may be kept for good. Left out are the keys that the caller pressed, wherever they come back
 * later in the call, card numbers, and the variables that are chosen or whose names speak of secrets.
 */
import { parseWords } from '../wire/agi-command-decoder';
import { isSecretName, namesSecret, redact, redactQuery } from '../wire/redact';

export interface RedactionRules {
  /** Variables, keys of Asterisk's database (`key` or `family/key`), query parameters and fields of the request; `*` for any letters. */
  readonly names: readonly string[];
  /** Whether the keys that the caller pressed are kept, those of a `secret` command aside. */
  readonly digits: boolean;
}

/** The names of `[fastagi] trace_redact`. */
export function chosenNames(text = ''): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== '');
}

/** What the reply to the last command tells. */
type Told = 'nothing' | 'secret' | 'digits' | 'key' | 'value';

/** Replies that tell nothing but themselves. */
const refusals: ReadonlySet<string> = new Set([
  '510 Invalid or unknown command',
  '511 Command Not Permitted on a dead channel or intercept routine',
]);

/** The longest name that is looked at. */
const MAX_NAME = 256;

/** Of what was typed, this much is looked for in later lines. */
const MAX_TYPED = 4096;

/** Numbers of the request that look like a card's at times, and are none. */
const numberFields = /^agi_(?:threadid|uniqueid|callerid|dnid|rdnis|extension): /;

export class Redaction {
  readonly #chosen: RegExp | undefined;
  readonly #keepsDigits: boolean;
  #told: Told = 'nothing';
  #inRequest = true;
  /** Keys that are left out, in the order they were pressed. */
  #typed = '';
  #typedSecret = false;

  constructor({ names, digits }: RedactionRules) {
    this.#chosen = patternOf(names);
    this.#keepsDigits = digits;
  }

  /** The line as it may be written; the lines of a call must come in their order. */
  apply(direction: '<' | '>', line: string, secret: boolean): string {
    if (direction === '>') {
      this.#inRequest = false;
      return this.#command(line, secret);
    }
    return this.#inRequest ? this.#field(line) : this.#reply(line, secret);
  }

  /** The value of a field of the request, `agi_callerid`, as it may be shown. */
  fieldValue(name: string, value: string): string {
    return this.#field(`${name}: ${value}`).slice(name.length + 2);
  }

  /** Words about the call, such as an error's. */
  words(text: string): string {
    return this.#withoutTyped(redactCards(text));
  }

  #field(line: string): string {
    const colon = line.indexOf(': ');
    if (colon !== -1 && this.#isChosen(line.slice(0, colon))) return `${line.slice(0, colon)}: ***`;
    const shown = redactQuery(line).replace(/([?&])([^?&=\s]{1,256})=[^&\s]*/g, (pair, mark, name) =>
      this.#isChosen(decode(name)) ? `${mark}${name}=***` : pair,
    );
    return numberFields.test(line) ? shown : redactCards(shown);
  }

  #command(line: string, secret: boolean): string {
    const words = /^\s*([A-Za-z]+)(?:\s+([A-Za-z]+))?(?:\s+([A-Za-z]+))?/.exec(line);
    const [first, second, third] = [words?.[1], words?.[2], words?.[3]].map(
      (word) => word?.toUpperCase() ?? '',
    );
    const name = `${first} ${second}`;
    this.#told = repliesTo(name, third as string);
    this.#typedSecret = secret;
    if (secret || namesSecret(line) || this.#namesChosen(line)) {
      if (this.#told === 'value') this.#told = 'secret';
      this.#typedSecret = true;
      // what asks for a value has none itself
      if (first === 'GET') return this.words(line);
      return first === 'EXEC' ? line.replace(/^(\s*\S+\s+\S+)[\s\S]*/, '$1 ***') : redact(line.trimStart());
    }
    return this.words(line);
  }

  #reply(line: string, secret: boolean): string {
    const hides = this.#typedSecret || secret;
    if (line === 'HANGUP' || refusals.has(line)) return line;
    if (this.#told === 'digits' || this.#told === 'key') return this.#pressed(line, hides);
    if (this.#told === 'nothing' && /^200 result=-?\d{1,3}$/.test(line)) return line;
    if (this.#told === 'secret' || hides) return redact(line);
    return this.#told === 'value' ? this.words(line) : redactCards(line);
  }

  /** A reply with keys of the caller's in it: a row of them, or the code of one. */
  #pressed(line: string, secret: boolean): string {
    const reply = /^200 result=(\S*)([\s\S]*)$/.exec(line);
    if (!reply) return secret ? redact(line) : line;
    const [, result = '', rest = ''] = reply;
    const digit = / digit=([0-9A-D*#])/.exec(rest)?.[1] ?? '';
    const isKey = this.#told === 'key';
    const code = Number(result);
    const pressed = isKey
      ? code > 1 && !rest.startsWith(' (timeout)')
        ? String.fromCharCode(code)
        : digit
      : result;
    if (pressed === '' || result.startsWith('-')) return line;
    if (this.#keepsDigits && !secret) return redactCards(line);
    this.#typed = (this.#typed + pressed).slice(-MAX_TYPED);
    if (secret) return redact(line);
    const shown = isKey && digit !== '' ? result : '*'.repeat(result.length);
    return `200 result=${shown}${rest.replace(/ digit=\S/, ' digit=*')}`;
  }

  /** Keys that come back in a value, three of them or more in a row. */
  #withoutTyped(text: string): string {
    if (this.#typed === '') return text;
    return text.replace(/\d{3,}/g, (run) => (this.#typed.includes(run) ? '***' : run));
  }

  #isChosen(name: string): boolean {
    return this.#chosen?.test(name.slice(0, MAX_NAME)) ?? false;
  }

  #isSecret(name: string): boolean {
    return isSecretName(name) || this.#isChosen(name);
  }

  /** Whether the command reads or writes something whose name is a secret's. */
  #namesChosen(line: string): boolean {
    // to take every line apart would be the most of the work
    if (!/^\s*(?:SET|GET|DATABASE|EXEC)\b/i.test(line)) return false;
    const [first = '', second = '', ...args] = parseWords(line);
    switch (`${first} ${second}`.toUpperCase()) {
      case 'SET VARIABLE':
      case 'GET VARIABLE':
        return this.#isChosen(args[0] ?? '');
      case 'GET FULL':
        return (args[1] ?? args[0] ?? '')
          .split('${')
          .slice(1)
          .map((inner) => inner.replace(/[{}][\s\S]*/, ''))
          .flatMap((inner) => [inner, inner.replace(/:.*$/, ''), ...databaseNames(inner)])
          .some((name) => this.#isSecret(name));
      case 'DATABASE GET':
      case 'DATABASE PUT':
        return databaseNames(`DB(${args[0]}/${args[1]})`).some((name) => this.#isSecret(name));
      default:
        return /^EXEC$/i.test(first) && /^m?set$/i.test(second) && this.#assignsChosen(args.join(' '));
    }
  }

  #assignsChosen(assignments: string): boolean {
    return assignments.split(',').some((pair) => {
      const name = pair.slice(0, Math.max(0, pair.indexOf('='))).trim();
      // a leading _ or __ only says who inherits it
      return this.#isSecret(name) || this.#isSecret(name.replace(/^_{1,2}/, ''));
    });
  }
}

function repliesTo(name: string, third: string): Told {
  if (name === 'GET DATA') return 'digits';
  if (name === 'GET VARIABLE' || name === 'DATABASE GET' || name === 'RECEIVE TEXT') return 'value';
  if (name === 'GET FULL' && third === 'VARIABLE') return 'value';
  if (
    /^(?:STREAM FILE|CONTROL STREAM|GET OPTION|WAIT FOR|RECORD FILE|RECEIVE CHAR|SPEECH RECOGNIZE|SAY [A-Z]+)$/.test(
      name,
    )
  )
    return 'key';
  return 'nothing';
}

/** Of an entry of Asterisk's database: family, key, and both. */
function databaseNames(inner: string): string[] {
  const [, entry, family, key] = /^DB\((([^/]*)\/(.*))\)$/.exec(inner) ?? [];
  return entry === undefined ? [] : [entry, family as string, key as string];
}

function patternOf(names: readonly string[]): RegExp | undefined {
  const patterns = names.map((name) => name.split(/\*+/).map(escapePattern).join('.*'));
  return patterns.length === 0 ? undefined : new RegExp(`^(?:${patterns.join('|')})$`, 'is');
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Numbers of 13 to 19 digits, with spaces or dashes between or without, that a card could have. */
export function redactCards(text: string): string {
  // the usual line has no such row, and a look is cheap
  if (!/\d(?:[ -]?\d){12}/.test(text)) return text;
  return text.replace(/\d+(?:[ -]\d+)*/g, (row) => {
    const groups = row.split(/([ -])/);
    for (let start = 0; start < groups.length; start += 2) {
      let number = '';
      for (let end = start; end < groups.length; end += 2) {
        number += groups[end];
        if (number.length > 19) break;
        if (number.length < 13 || !isCard(number)) continue;
        groups.splice(start, end - start + 1, '***');
        break;
      }
    }
    return groups.join('');
  });
}

/** The first digit of the card brands' ranges, and the check digit (ISO/IEC 7812). */
function isCard(number: string): boolean {
  if (!/^[2-6]/.test(number)) return false;
  let sum = 0;
  for (let at = 0; at < number.length; at++) {
    const digit = Number(number[number.length - 1 - at]);
    sum += at % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}
