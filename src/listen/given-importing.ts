/** `import()` for the serving program, from what has started it: see `compiled-program`. */
declare const givenImport: (url: string) => Promise<unknown>;

export function importModule(url: string): Promise<unknown> {
  return givenImport(url);
}
