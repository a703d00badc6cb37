/** A REST interface in a process of its own that says a recorded stream of events, each with a number, as fast as it is taken. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';

const [file, count] = process.argv.slice(2) as [string, string];
const { events, documents } = JSON.parse(readFileSync(file, 'utf8')) as {
  events: string[];
  documents: Record<string, string>;
};

/** A text of a server's as a frame, without a mask. */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (body.length >= 126) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

const end =
  '{"type":"DeviceStateChanged","application":"bench","device_state":{"name":"end","state":"BUSY"}}';
const flood = Buffer.concat([
  ...Array.from({ length: Number(count) }, (_, serial) =>
    // behind the type, as Asterisk's own members are
    frameOf(`${(events[serial % events.length] as string).slice(0, -1)},"serial":${serial}}`),
  ),
  frameOf(end),
]);
const PIECE_BYTES = 65_536;

let listener: Socket | undefined;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://bench');
  if (pathname === '/begin') void say();
  const body = (documents[pathname] ?? '[]').replaceAll('@@HOST@@', request.headers.host ?? '');
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});

async function say(): Promise<void> {
  for (let at = 0; at < flood.length && listener; at += PIECE_BYTES) {
    if (!listener.write(flood.subarray(at, at + PIECE_BYTES))) {
      await new Promise((resolve) => listener?.once('drain', resolve));
    }
  }
}

const webSockets = new WebSocketServer({ server });
webSockets.on('connection', (socket, { socket: raw }) => {
  listener = raw;
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
