/** All that comes out of it, piece by piece. */
export async function collect<T>(source: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const piece of source) all.push(...piece);
  return all;
}
