/**
 * Asterisk's console, by the socket that `asterisk -rx` uses: no program, no PATH, and an end in any case
 * (main/asterisk.c: a greeting of host, process and version; commands end by NUL; `cli quit after` closes).
 */
import net from 'node:net';

/** How long an answer may take, and how large it may be. */
const ANSWER_MS = 3000;
const ANSWER_BYTES = 8 << 20;

export interface ConsoleAnswer {
  readonly version: string;
  readonly text: string;
}

/**
 * What a command of the console prints.
 * @param socket the path of `asterisk.ctl`
 * @throws Error of the system's, or one that says that Asterisk does not answer
 */
export function askConsole(socket: string, command: string): Promise<ConsoleAnswer> {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket);
    let said = '';
    const timer = setTimeout(() => {
      connection.destroy(new Error(`Asterisk did not answer for ${ANSWER_MS / 1000} s`));
    }, ANSWER_MS);
    connection.setEncoding('utf8');
    connection.on('connect', () => connection.write(`cli quit after ${command}\0`));
    connection.on('data', (text: string) => {
      said += text;
      if (said.length > ANSWER_BYTES) connection.destroy(new Error('its answer has no end'));
    });
    connection.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    connection.on('close', () => {
      clearTimeout(timer);
      const end = said.indexOf('\n');
      const [, , version = ''] = said.slice(0, end).split('/');
      if (end === -1) reject(new Error('it closed the connection, and said nothing'));
      else resolve({ version, text: said.slice(end + 1) });
    });
  });
}
