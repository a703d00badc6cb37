/** Numbers as C reads them from the front of a text. */

/** As sscanf("%d") does: leading space, a sign, digits, and whatever follows. */
export function scan(text: string | undefined): number | undefined {
  const found = /^\s*([+-]?\d+)/.exec(text ?? '');
  return found ? Number(found[1]) : undefined;
}

/** As atoi() does. */
export const atoi = (text: string | undefined): number => scan(text) ?? 0;
