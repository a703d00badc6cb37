/** Values of which the manager gives no more than their beginning, read to their end. */
import { isUtf8 } from 'node:buffer';
import { decodeText } from '../wire/lines';

/** What Getvar has room for (manager.c, action_getvar). */
const WHOLE_BYTES = 1023;
const PIECE_BYTES = 1000;

/**
 * The whole of a variable's value; of a dialplan function's what was given, for to read that again may do something.
 * @param read asks for a variable
 * @param value what was given
 */
export async function wholeVariable(
  read: (name: string) => Promise<string>,
  name: string,
  value: string,
): Promise<string> {
  if (!isFull(value, WHOLE_BYTES) || !/^[^\s(){}$:,]+$/.test(name)) return value;
  let bytes = bytesOf(value, WHOLE_BYTES);
  for (;;) {
    // Getvar takes no offset, but EVAL() puts in what it is given (func_eval.so)
    const piece = await read(`EVAL(\${${name}:${bytes.length}:${PIECE_BYTES}})`);
    const isLast = !isFull(piece, PIECE_BYTES);
    // where a piece is in an old encoding, so is the rest
    const more =
      isLast && !isUtf8(bytes) && !/[^\0-\xff]/.test(piece)
        ? Buffer.from(piece, 'latin1')
        : bytesOf(piece, PIECE_BYTES);
    bytes = Buffer.concat([bytes, more]);
    if (isLast) return decodeText(bytes);
  }
}

/** As it came: UTF-8, or each byte a character, where a character was cut or the value is in an old encoding. */
function isFull(text: string, limitBytes: number): boolean {
  return text.length === limitBytes || Buffer.byteLength(text) === limitBytes;
}

/** The bytes of a piece, less those of a character that is cut at its end: the next piece begins with it. */
function bytesOf(text: string, limitBytes: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes || text.length !== limitBytes) return bytes;
  const raw = Buffer.from(text, 'latin1');
  for (let cut = 1; cut <= 3; cut++) {
    const whole = raw.subarray(0, -cut);
    if (isUtf8(whole)) return whole;
  }
  return raw;
}
