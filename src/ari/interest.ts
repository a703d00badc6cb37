/** Which types of events somebody waits for: how many there are of each. */
export class Interest {
  readonly #counts = new Map<string, number>();

  /** @param type `*` for all */
  add(type: string): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  /** Takes back what `add` has said. */
  remove(type: string): void {
    const left = (this.#counts.get(type) ?? 0) - 1;
    if (left > 0) this.#counts.set(type, left);
    else this.#counts.delete(type);
  }

  has(type: string): boolean {
    return this.#counts.has(type) || this.#counts.has('*');
  }
}
