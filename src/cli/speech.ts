/** `fastagi speech`: serves what calls have spoken to an Asterisk on another machine. */
import { writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Argv } from 'yargs';
import { readConfig } from '../config';
import { speechServer } from '../tts/server';
import { Speech } from '../tts/speech';
import { exitCodes } from './exit-codes';
import { sayAs } from './output';

const say = sayAs('speech');

export function options(parser: Argv): Argv {
  return parser
    .option('host', {
      type: 'string',
      default: '127.0.0.1',
      requiresArg: true,
      describe: 'Listen on this address',
    })
    .option('port', { type: 'number', default: 4580, requiresArg: true, describe: 'Listen on this port' })
    .epilogue(
      'Exit code 0: it was told to stop; 2: wrong use; 3: no [tts] url and secret, or\nnowhere to listen.',
    );
}

/** Serves until SIGTERM or SIGINT. */
export async function run(given: Record<string, unknown>): Promise<number> {
  const { config, host, port } = given as { config?: string; host: string; port: number };
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    say('--port takes a whole number from 0 to 65535');
    return exitCodes.usage;
  }
  // Node takes an empty one for all addresses
  if (host === '') {
    say('--host takes an address or a host name');
    return exitCodes.usage;
  }
  try {
    const { settings } = new Speech(readConfig(config));
    if (settings.url === undefined || settings.secret === undefined) {
      say(
        `${settings.file ?? 'the configuration'} has no url and secret in [tts]: calls would send nobody to this server`,
      );
      return exitCodes.refused;
    }
    const server = speechServer({
      folder: settings.cache,
      secret: settings.secret,
      log: writeLine,
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const { address, port: bound } = server.address() as AddressInfo;
    say(`serving ${settings.cache} on ${address}, port ${bound}`);
    await new Promise((resolve) => {
      process.once('SIGTERM', resolve);
      process.once('SIGINT', resolve);
    });
    server.close();
    server.closeAllConnections();
    return 0;
  } catch (error) {
    say((error as Error).message);
    return exitCodes.refused;
  }
}

/** Past Node's stream, whose end ends a command: calls wait for a server, whoever may read what it has done. */
function writeLine(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // a full disk, or a reader that is gone
  }
}
