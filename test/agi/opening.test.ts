import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/agi/opening';
import type { Tracer } from '../../src/agi/session';
import { MemoryTransport, settled } from '../support/memory-transport';

const limits = { headerBytes: 4096, headerSeconds: 0 };
const header = 'agi_network: yes\nagi_network_script: hello.js\nagi_request: agi://h/hello.js\n\n';

function open(pieces: readonly string[], some: Partial<typeof limits> = {}, trace?: Tracer) {
  const transport = new MemoryTransport();
  const session = openSession(transport, { ...limits, ...some }, trace);
  for (const piece of pieces) transport.say(piece);
  return { transport, session };
}

const failing = (code: string, message = '', name = 'AgiProtocolError') =>
  expect.objectContaining({ name, code, message: expect.stringContaining(message) });

describe('a request', () => {
  it.each([
    ['whole', [header]],
    ['byte by byte', header.split('')],
    ['line by line', header.split(/(?<=\n)/)],
  ])('%s opens a session', async (_, pieces) => {
    const { transport, session } = open(pieces);
    const opened = await session;
    expect(opened.networkScript).toBe('hello.js');
    expect(opened.request.request).toBe('agi://h/hello.js');
    expect(opened.gone).toBe(false);
    transport.script = () => '200 result=0\n';
    await expect(opened.turn((ask) => ask('ANSWER'))).resolves.toMatchObject({ result: '0' });
  });

  it('is traced, each line as it came', async () => {
    const seen: unknown[] = [];
    await open([header], {}, (...line) => seen.push(line)).session;
    expect(seen).toEqual([
      ['<', 'agi_network: yes', false],
      ['<', 'agi_network_script: hello.js', false],
      ['<', 'agi_request: agi://h/hello.js', false],
      ['<', '', false],
    ]);
  });

  it('of a caller who has hung up meanwhile', async () => {
    const session = await open([`${header}HANGUP\n`]).session;
    expect(session.gone).toBe(true);
    expect(session.signal.reason).toMatchObject({ code: 'AGI_HANGUP' });
  });

  it('is awaited without a limit on time where there is none', async () => {
    const { transport, session } = open([header.slice(0, 20)], { headerSeconds: 0 });
    await settled();
    transport.say(header.slice(20));
    await expect(session).resolves.toMatchObject({ networkScript: 'hello.js' });
  });

  it('ends its limit on time', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const { transport, session } = open([], { headerSeconds: 1000 });
    await settled();
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before + 1);
    transport.say(header);
    await session;
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
  });
});

describe('no request', () => {
  it.each<[string, string[], string, string]>([
    ['an empty line', ['\n'], 'AGI_BAD_REQUEST', 'an empty line'],
    ['HTTP', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 'AGI_BAD_REQUEST', '"GET / HTTP/1.1\\r"'],
    ['a field twice', ['agi_request: a\nagi_request: b\n\n'], 'AGI_BAD_REQUEST', 'agi_request twice'],
    ['more behind its end', [`${header}ANSWER\n`], 'AGI_BAD_REQUEST', 'behind'],
    ['part of a line behind its end', [`${header}agi_`], 'AGI_BAD_REQUEST', 'behind'],
    ['HANGUP and more behind', [`${header}HANGUP\nx\n`], 'AGI_BAD_REQUEST', 'behind'],
    ['an empty line behind its end', [`${header}\n`], 'AGI_BAD_REQUEST', 'behind'],
    ['a line without end', ['x'.repeat(4097)], 'AGI_LINE_TOO_LONG', '4096 bytes'],
    ['a value without end', ['agi_request: x\n', 'y\n'.repeat(2048)], 'AGI_REQUEST_TOO_LONG', '4096 bytes'],
  ])('%s', async (_, pieces, code, message) => {
    await expect(open(pieces).session).rejects.toEqual(failing(code, message));
  });

  it.each<[string, string[], Error | undefined, string, string]>([
    ['at once', [], undefined, 'AGI_NO_REQUEST', 'before an AGI request came'],
    ['inside a line', ['agi_ne'], undefined, 'AGI_CUT_REQUEST', 'in the middle of the AGI request'],
    ['before the empty line', [header.slice(0, -1)], undefined, 'AGI_CUT_REQUEST', 'in the middle'],
    ['by an error', [], new Error('ECONNRESET, read'), 'AGI_NO_REQUEST', '(ECONNRESET, read)'],
    ['by an error inside', ['agi_'], new Error('ECONNRESET, read'), 'AGI_CUT_REQUEST', '(ECONNRESET, read)'],
  ])('the connection ends %s', async (_, pieces, error, code, message) => {
    const { transport, session } = open(pieces);
    transport.end(error);
    await expect(session).rejects.toEqual(failing(code, message));
  });

  it.each([
    ['nothing comes', ''],
    ['it does not end', header.slice(0, -1)],
  ])('in time: %s', async (_, bytes) => {
    const { session } = open([bytes], { headerSeconds: 0.01 });
    await expect(session).rejects.toEqual(failing('AGI_REQUEST_TIMEOUT', 'within 0.01 s', 'AgiTimeoutError'));
  });
});
