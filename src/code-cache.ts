/** Node's own modules outside of its snapshot, and how long they take to load. */

/**
 * Lets V8 take the code of Node's modules from Node's cache again. Under `--no-rehash-snapshot`, which the service file
 * has, it refuses that, for it was made under other flags: `child_process` takes Node 20 three times as long. Once
 * Node has started, the flag has done what it is for, and is set back. To be called before such a module is loaded;
 * loads `v8` and `stream`, which those that make programs or connections need as well.
 */
export function acceptCodeCache(): void {
  if (!process.execArgv.includes('--no-rehash-snapshot')) return;
  process.getBuiltinModule('node:v8').setFlagsFromString('--rehash-snapshot');
}
