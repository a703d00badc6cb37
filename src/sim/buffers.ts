/** Texts as Asterisk keeps them: in buffers that end somewhere, whatever the text is. */

/** CONTEXT and EXTEN (channel.h, AST_MAX_CONTEXT and AST_MAX_EXTENSION). */
export const PLACE_BYTES = 79;
/** What CALLERID() and CDR() give. */
export const FIELD_BYTES = 255;
/** What GET VARIABLE gives. */
export const VALUE_BYTES = 1023;

/** The start of a text that fits into so many bytes. */
export function cutBytes(text: string, most: number): string {
  // no character has more than three bytes for each of its letters
  if (text.length * 3 <= most) return text;
  const bytes = Buffer.from(text);
  return bytes.length <= most ? text : bytes.subarray(0, most).toString();
}
