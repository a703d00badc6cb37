import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** The sources fetch rooms that few calls want by `require('./room')`, which the build sees to; here they are plain imports. */
const lazyRooms = {
  name: 'lazy-rooms',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (!id.endsWith('.ts') || !code.includes("require('.")) return undefined;
    const rooms: string[] = [];
    const rewritten = code.replace(
      /require\('(\.[^']+)'\)/g,
      (_, room: string) => `__room${rooms.push(room)}`,
    );
    return rooms.map((room, at) => `import * as __room${at + 1} from '${room}';`).join('') + rewritten;
  },
};

export default defineConfig({
  plugins: [lazyRooms],
  // the tests of the examples are written as their users would write them
  resolve: { alias: { 'fastagi/testing': path.join(import.meta.dirname, 'src/testing/index.ts') } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/random.ts'],
    globalSetup: ['test/support/setup.ts'],
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
  },
});
