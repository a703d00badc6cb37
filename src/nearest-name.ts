/** What a name that does not exist was meant to be: a comfort for messages, so it guesses, and says nothing where it cannot. */

/** Letters that may be wrong in a name of so many. */
const slipsIn = (letters: number) => (letters < 5 ? 1 : 2);
/** The least that says which name a piece belongs to. */
const PIECE = 3;

/**
 * The one of `names` that is most likely meant: the same in another spelling (`get_data`, `getdata`), its beginning or
 * its continuation (`timeout` of `timeoutMs`), a slip of the keyboard, or a part of it; undefined where none is near.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const meant = fold(name);
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of names) {
    const distance = distanceOf(meant, fold(candidate));
    if (distance !== undefined && (nearest === undefined || distance < nearest.distance))
      nearest = { name: candidate, distance };
  }
  return nearest?.name;
}

/** The one of `names` that this is but for its spelling or a slip of the keyboard: near enough to be no other name. */
export function misspeltName(name: string, names: readonly string[]): string | undefined {
  const nearest = nearestName(name, names);
  const distance = nearest === undefined ? undefined : distanceOf(fold(name), fold(nearest));
  return distance !== undefined && isSlip(distance) ? nearest : undefined;
}

const isSlip = (distance: number) => distance === 0 || (distance > 200 && distance < 300);

function fold(name: string): string {
  return name
    .slice(0, 60)
    .replace(/[\s_-]/g, '')
    .toLowerCase();
}

/** Ways of being wrong in the order of their likelihood; within each, by how much. */
function distanceOf(meant: string, candidate: string): number | undefined {
  if (meant === '' || candidate === '') return undefined;
  if (meant === candidate) return 0;
  const [short, long] = meant.length < candidate.length ? [meant, candidate] : [candidate, meant];
  const isPiece = short.length >= PIECE;
  if (isPiece && long.startsWith(short)) return 100 + long.length - short.length;
  const wrong = slips(meant, candidate);
  if (wrong <= slipsIn(short.length)) return 200 + wrong;
  return isPiece && long.includes(short) ? 300 + long.length - short.length : undefined;
}

/** How many letters must be added, left out, changed, or have changed places with their neighbour. */
function slips(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let at = 1; at <= other.length; at++) {
      const same = one[row - 1] === other[at - 1];
      let least = Math.min(
        (last[at] as number) + 1,
        (line[at - 1] as number) + 1,
        (last[at - 1] as number) + (same ? 0 : 1),
      );
      if (row > 1 && at > 1 && one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1])
        least = Math.min(least, (before[at - 2] as number) + 1);
      line.push(least);
    }
    before = last;
    last = line;
  }
  return last[other.length] as number;
}
