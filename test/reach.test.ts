/** What every call has to read before its first command: held here by the build's own account, not by time. */
import { build, type Metafile, type Plugin } from 'esbuild';
import { describe, expect, it } from 'vitest';

interface Product {
  entryPoints: string[];
  outfile: string;
  plugins: Plugin[];
}
const { products } = (await import('../build.mjs' as string)) as { products: Product[] };

/** The rooms that are parsed at the start: those that travel as text have a name space of their own. */
async function reach(outfile: string): Promise<{ rooms: string[]; builtins: string[]; bytes: number }> {
  const product = products.find((product) => product.outfile === outfile) as Product;
  // as the build does, but to nowhere: the rooms as text are its own affair
  const { metafile } = await build({
    ...product,
    plugins: product.plugins.map(({ name, setup }) => ({
      name,
      setup: (build) => setup({ ...build, onEnd: () => {} } as typeof build),
    })),
    write: false,
  });
  const output = Object.values((metafile as Metafile).outputs)[0] as Metafile['outputs'][string];
  const hot = Object.entries(output.inputs).filter(
    ([file, { bytesInOutput }]) => !file.startsWith('cold:') && bytesInOutput > 0,
  );
  return {
    rooms: hot.map(([file]) => file).sort(),
    builtins: output.imports
      .filter(({ external }) => external)
      .map(({ path }) => path)
      .sort(),
    bytes: hot.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0),
  };
}

describe('the start of a call', () => {
  it.each(['dist/fastagi', 'dist/agi'])('%s reaches only what every call needs', async (outfile) => {
    const { rooms, builtins, bytes } = await reach(outfile);
    expect(rooms).toEqual([
      outfile.replace('dist', 'bin').concat('.ts'),
      'src/agi/agi.ts',
      'src/agi/commander.ts',
      'src/agi/fd-transport.ts',
      'src/agi/opening.ts',
      'src/agi/outcome.ts',
      'src/agi/session.ts',
      'src/agi/transport.ts',
      'src/config.ts',
      'src/log.ts',
      'src/run/call.ts',
      'src/run/ending.ts',
      'src/run/guard.ts',
      'src/run/load.ts',
      'src/run/resolve.ts',
      'src/run/serve.ts',
      'src/wire/agi-command.ts',
      'src/wire/plain-request.ts',
    ]);
    // in Node's snapshot; net, stream, child_process and node:module are not
    expect([...new Set(builtins)]).toEqual(['node:fs']);
    // a kilobyte is some 60 µs
    expect(bytes).toBeLessThan(17_000);
  });
});
