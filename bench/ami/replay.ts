/** A manager in a process of its own that says a recorded stream again and again, as fast as it is taken. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';

const [file, rounds] = process.argv.slice(2) as [string, string];
const recorded = readFileSync(file);
// a piece of the size that a socket hands over, cut wherever that falls
const PIECE_BYTES = 65_536;
const many = Buffer.concat(Array.from({ length: Math.ceil((1 << 20) / recorded.length) }, () => recorded));

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.write('Asterisk Call Manager/11.0.0\r\n');
  let held = '';
  const echoes: string[] = [];
  const answer = (id: string, ...lines: string[]) =>
    `Response: Success\r\nActionID: ${id}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  socket.on('data', (chunk) => {
    held += chunk;
    for (let end = held.indexOf('\r\n\r\n'); end !== -1; end = held.indexOf('\r\n\r\n')) {
      const headers = Object.fromEntries(
        held
          .slice(0, end)
          .split('\r\n')
          .map((line) => [
            line.split(':')[0]?.trim().toLowerCase(),
            line.slice(line.indexOf(':') + 1).trim(),
          ]),
      ) as Record<string, string>;
      held = held.slice(end + 4);
      const { action = '', actionid = '', value = '' } = headers;
      if (/^challenge$/i.test(action)) socket.write(answer(actionid, 'Challenge: 1'));
      else if (/^login$/i.test(action)) {
        const key = createHash('md5').update('1bench').digest('hex');
        const right = headers.secret === 'bench' || headers.key === key;
        socket.write(
          right ? answer(actionid, 'Message: Authentication accepted') : 'Response: Error\r\n\r\n',
        );
      } else if (/^benchbegin$/i.test(action)) {
        socket.write(answer(actionid));
        void flood(socket);
      } else if (/^benchecho$/i.test(action)) {
        echoes.push(answer(actionid, `Value: ${value}`));
        // in another order than they were asked, with events in between
        if (echoes.length === 60) socket.write(shuffled(echoes).join(recorded.toString('latin1')));
      } else socket.write(answer(actionid));
    }
  });
});

async function flood(socket: net.Socket): Promise<void> {
  let left = Number(rounds);
  const perPart = many.length / recorded.length;
  while (left > 0) {
    const part = left >= perPart ? many : many.subarray(0, left * recorded.length);
    left -= Math.min(left, perPart);
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      if (!socket.write(part.subarray(at, at + PIECE_BYTES))) {
        await new Promise((resolve) => socket.once('drain', resolve));
      }
    }
  }
  socket.write('Event: BenchEnd\r\n\r\n');
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => [Math.random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port));
process.once('disconnect', () => process.exit(0));
