/** What longer values are not: the longest of PHP's words for nothing has this many letters. */
const NOTHING_LETTERS = 5;

/** A value of the configuration's, but for PHP's words for nothing. */
export function given(value: string | undefined): string | undefined {
  if (!value) return undefined;
  // a call's first regular expression costs it more than all else here
  if (value.length > NOTHING_LETTERS) return value;
  return /^(null|none|off|no|false)$/i.test(value) ? undefined : value;
}
