/** Numbers as C reads them from the front of a text. */

/** As sscanf("%d") does: leading space, a sign, digits, and whatever follows. */
export function scan(text: string | undefined): number | undefined {
  const found = /^\s*([+-]?\d+)/.exec(text ?? '');
  return found ? Number(found[1]) : undefined;
}

/** As atoi() does. */
export const atoi = (text: string | undefined): number => scan(text) ?? 0;

/** As a processor of today makes an int of a double: what is too large is the least. */
export function toInt32(value: number): number {
  const whole = Math.trunc(value);
  return whole >= -0x8000_0000 && whole <= 0x7fff_ffff ? whole : -0x8000_0000;
}
