/** Errors that nobody catches, for tests that have them on purpose. */

/** What nobody has caught from here on; the test runner's own way with it comes back at the end. */
export function collectUncaught(): Disposable & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error));
  return {
    errors,
    [Symbol.dispose]() {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    },
  };
}
