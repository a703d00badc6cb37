// Writes src/ari/catalog.ts anew: the operations and the types of Asterisk's REST interface, as the real Asterisk 22 of
// the system tests describes itself. As root on Debian:
//
//   node scripts/ari-catalog.mjs
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fastagi-catalog-'));
try {
  const outfile = path.join(folder, 'describe.mjs');
  await build({
    stdin: {
      contents: `
        export { startAri } from './test/system/support/ari';
        export { HttpCarrier } from './src/ari/http-carrier';
        export { describe } from './src/ari/catalog-writer';`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    outfile,
  });
  const { startAri, HttpCarrier, describe } = await import(pathToFileURL(outfile).href);
  const server = await startAri({ version: 22 });
  const { port, username, password } = server;
  const address = { host: '127.0.0.1', port, tls: undefined, prefix: '/ari' };
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const http = new HttpCarrier({ address, authorization, maxAnswerBytes: 1 << 24 });
  try {
    const text = await describe(async (path) => {
      const request = { method: 'GET', path, query: [], body: undefined, answer: 'json' };
      const { status, body } = await http.carry(request, { timeoutMs: 10_000, signal: undefined });
      if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
      return JSON.parse(body.toString());
    });
    fs.writeFileSync(path.join(root, 'src/ari/catalog.ts'), text);
  } finally {
    http.close(new Error('done'));
    await server[Symbol.asyncDispose]();
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
