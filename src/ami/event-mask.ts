/** `on`, `off`, or classes, `call,user`: which events Asterisk sends (manager.c, strings_to_mask). */

/** As Asterisk wants it: of `call, user` it would take the first class only. */
export function toMask(text: string): string {
  return text
    .split(',')
    .map((word) => word.trim())
    .join(',');
}

/** Whether a mask keeps all events of a class back, for certain. */
export function keepsBack(mask: string, eventClass: string): boolean {
  // a number is a mask of bits, and which they are is Asterisk's to know; classes are told in small letters alone
  if (/^(?:-?\d+|on|true|yes|y|t)?$/i.test(mask)) return mask === '0';
  const classes = mask.split(',');
  return !classes.includes(eventClass) && !classes.includes('all');
}
