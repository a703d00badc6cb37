/**
 * `import()`, as a room of its own: code that V8 has been given compiled knows no loader, and `build.mjs` puts
 * `listen/given-importing` in its place there.
 */
export function importModule(url: string): Promise<unknown> {
  return import(url);
}
