/**
 * The type of an event, read from the head of its text without the rest. Asterisk writes it first, or behind a few
 * plain values (ChannelVarset's `variable` and `value`, main/stasis_channels.c), and never twice.
 */
import { stringEnd } from './json-string';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7b;
/** What numbers, `true`, `false` and `null` are made of. */
const plain = /[-+.\w]*/y;
/** So many values before the type are looked over at most. */
const MAX_BEFORE = 8;

/** @returns undefined where the text does not begin as Asterisk's do: then only the whole of it can tell */
export function peekEventType(text: string): string | undefined {
  if (text.charCodeAt(0) !== BRACE) return undefined;
  let at = 1;
  for (let before = 0; before <= MAX_BEFORE; before++) {
    if (text.charCodeAt(at) !== QUOTE) return undefined;
    const nameEnd = stringEnd(text, at);
    if (text.charCodeAt(nameEnd + 1) !== COLON) return undefined;
    const isType = nameEnd - at === 5 && text.startsWith('type', at + 1);
    const valueAt = nameEnd + 2;
    if (text.charCodeAt(valueAt) === QUOTE) {
      const valueEnd = stringEnd(text, valueAt);
      if (valueEnd < 0) return undefined;
      if (isType) {
        const type = text.slice(valueAt + 1, valueEnd);
        // an escape would have to be decoded
        return type.includes('\\') ? undefined : type;
      }
      at = valueEnd + 1;
    } else {
      if (isType) return undefined;
      plain.lastIndex = valueAt;
      plain.test(text);
      at = plain.lastIndex;
    }
    // what is nested is not looked into
    if (text.charCodeAt(at++) !== COMMA) return undefined;
  }
  return undefined;
}
