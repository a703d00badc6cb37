import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CallTable, readCall } from '../../src/trace/calls';
import { encodeTraceLine } from '../../src/trace/entry';
import { readTrace, type TraceError, type TraceEvent } from '../../src/trace/reader';
import { collect } from '../support/collect';
import { makeFolder } from '../support/inet';

async function read(text: string | Buffer): Promise<TraceEvent[]> {
  const file = path.join(makeFolder(), 'file');
  writeFileSync(file, text);
  return collect(readTrace(file));
}

const failure = (work: Promise<unknown>): Promise<TraceError> =>
  work.then(
    () => expect.unreachable('it was read'),
    (error) => error,
  );

const header = { trace: 1, started: '2026-11-25T15:20:00.123Z', script: 'x.js' };
const lines = [
  header,
  { ms: 0, dir: '<', line: '' },
  { ms: 1.5, dir: '>', line: 'ANSWER' },
  { ms: 2.5, dir: '<', line: '200 result=0' },
  { ms: 3, dir: 'end', line: '0' },
] as const;
const whole = lines.map(encodeTraceLine).join('');

describe('a trace', () => {
  it('is read as it was written', async () => {
    expect(await read(whole)).toEqual([
      { type: 'call', call: 1, header, source: 'trace' },
      ...lines.slice(1).map((entry) => ({ type: 'entry', call: 1, entry })),
    ]);
  });

  it('may be cut anywhere: what is whole of it is read, and a note says so', async () => {
    const headerEnd = whole.indexOf('\n') + 1;
    for (let size = headerEnd; size < whole.length; size++) {
      const events = await read(whole.slice(0, size));
      const entries = whole.slice(headerEnd, size).split('\n').slice(0, -1);
      // a line that lacks nothing but its LF is whole
      const cut = whole.slice(0, size).split('\n').at(-1) as string;
      const isWhole = cut !== '' && whole[size] === '\n';
      expect(events.filter(({ type }) => type === 'entry')).toHaveLength(entries.length + (isWhole ? 1 : 0));
      const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
      const expected = [];
      if (cut !== '' && !isWhole) expected.push(expect.stringMatching(/^line \d is cut in its middle/));
      if (size < whole.length - 1) expected.push(expect.stringContaining('the trace has no end'));
      expect(notes).toEqual(expected);
    }
  });

  it('may have lines that are none', async () => {
    const [first, ...rest] = whole.split('\n');
    const junk = [
      '',
      'null',
      '[]',
      '{',
      '{"ms":"1"}',
      '{"ms":-1,"dir":"<","line":""}',
      '\0\u001b[31m',
      first,
    ];
    const events = await read([first, ...junk, ...rest].join('\n'));
    const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    expect(notes).toEqual(junk.map((_, at) => `line ${at + 2} is no line of a trace, and is passed over`));
  });

  it('is refused where a newer version has written it', async () => {
    const error = await failure(read(whole.replace('"trace":1', '"trace":2')));
    expect(error).toMatchObject({
      code: 'TRACE_VERSION',
      message: expect.stringContaining('update fastagi'),
    });
  });

  it('is refused where hardly a line of it is one', async () => {
    const error = await failure(read(`${encodeTraceLine(header)}${'x\n'.repeat(101)}`));
    expect(error.code).toBe('TRACE_BROKEN');
  });
});

describe('a file that is none', () => {
  it.each([
    ['empty', ''],
    ['text', 'Dear Sir,\n'],
    ['JSON', '{"name":"x"}\n'],
    ['a header that is cut', encodeTraceLine(header).slice(0, -1)],
    ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256))],
    ['one long line', Buffer.alloc(20 << 20, 'AGI Tx >> ')],
    ['zeros', Buffer.alloc(20 << 20)],
  ])('%s: says so', async (_, text) => {
    expect(await failure(read(text))).toMatchObject({
      name: 'TraceError',
      code: 'TRACE_NONE',
      message: expect.stringContaining('holds no call'),
    });
  });

  it('is missing, a folder, or a pipe', async () => {
    const folder = makeFolder();
    mkdirSync(path.join(folder, '2026-11-25'));
    writeFileSync(path.join(folder, '2026-11-25/1.jsonl'), '');
    execFileSync('mkfifo', [path.join(folder, 'pipe')]);
    const codes: string[] = [];
    for (const name of ['none', '', 'pipe']) {
      const error = await failure(collect(readTrace(path.join(folder, name))));
      codes.push(error.code);
      if (name === '') expect(error.message).toContain('the newest is');
    }
    expect(codes).toEqual(['TRACE_UNREADABLE', 'TRACE_FOLDER', 'TRACE_KIND']);
  });

  it.each<[string, Buffer, string]>([
    ['gzip', gzipSync('{}\n'), 'zcat'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'bzcat'],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), 'xzcat'],
    ['zstd', Buffer.from('28b52ffd2400', 'hex'), 'zstdcat'],
  ])('is compressed by %s, as logrotate leaves it', async (name, bytes, program) => {
    const error = await failure(read(bytes));
    expect(error).toMatchObject({
      code: 'TRACE_KIND',
      message: expect.stringMatching(
        new RegExp(`is compressed \\(${name}\\): unpack it into a file first, ${program} .*/file > `),
      ),
    });
  });

  it('of one byte is not taken for compressed', async () => {
    expect(await failure(read(Buffer.from([0x1f])))).toMatchObject({ code: 'TRACE_NONE' });
  });

  it.each(['/', '/proc', makeFolder()])('%s is a folder without traces', async (folder) => {
    const error = await failure(collect(readTrace(folder)));
    expect(error).toMatchObject({
      code: 'TRACE_FOLDER',
      message: `${folder} is a folder without traces: name a trace, or a log of Asterisk's`,
    });
  });

  it.each([
    ['[Nov 25 15:24:22] NOTICE[1] chan_sip.c: Registered\n', true],
    ['[2026-11-25 15:24:22.123] VERBOSE[71][C-0000000a] pbx.c: Executing [s@a:1] AGI("x", "y")\n', true],
    ['[2026-11-25 15:24:22] WARNING[71]: res_agi.c:100 launch: x\n', true],
    ['[section]\nkey = ERROR[1]\n', false],
  ])('%j: whether it is a log with no AGI debug lines', async (text, isLog) => {
    const { code, message } = await failure(read(text));
    expect([code, message.includes('no AGI debug lines: "agi set debug on"')]).toEqual(['TRACE_NONE', isLog]);
  });
});

describe('a log of Asterisk’s', () => {
  const line = (call: number, text: string, time = '15:24:22') =>
    `[Nov 25 ${time}] VERBOSE[${call}][C-0000000${call}] res_agi.c: ${text}`;
  const said = (call: number, way: 'Tx >>' | 'Rx <<', text: string, time?: string) =>
    line(call, `<PJSIP/${call}>AGI ${way} ${text}`, time);
  const request = (call: number) => [
    line(call, 'AGI Tx >> agi_network: yes'),
    line(call, `AGI Tx >> agi_network_script: ${call}.js?pin=1`),
    said(call, 'Tx >>', `agi_channel: PJSIP/${call}`),
    said(call, 'Tx >>', `agi_uniqueid: 17000.${call}`),
    said(call, 'Tx >>', ''),
  ];

  async function calls(text: string): Promise<Record<number, string[]>> {
    const told: Record<number, string[]> = {};
    for (const event of await read(text)) {
      if (event.type === 'call') told[event.call] = [`call ${event.header.script} ${event.header.uniqueId}`];
      else if (event.type === 'entry')
        told[event.call]?.push(`${event.entry.ms} ${event.entry.dir} ${event.entry.line}`);
    }
    return told;
  }

  it('has several calls, which are told apart', async () => {
    const [one, two] = [request(1), request(2)];
    const mixed = one.flatMap((text, at) => [text, two[at] as string]);
    const text = [
      'other lines',
      ...mixed,
      said(1, 'Rx <<', 'ANSWER', '15:24:23'),
      said(2, 'Rx <<', 'NOOP', '15:24:24'),
      said(1, 'Tx >>', '200 result=0', '15:24:25'),
      said(2, 'Tx >>', '200 result=0', '15:24:26'),
      line(1, '<PJSIP/1>AGI Script agi://h/1.js completed, returning 0', '15:24:27'),
      // the same channel again, and the same thread
      ...request(1),
    ].join('\n');
    const told = await calls(`${text}\n`);
    expect(Object.keys(told)).toEqual(['1', '2', '3']);
    expect(told[1]?.[0]).toBe('call 1.js?pin=*** 17000.1');
    expect(told[1]?.slice(6)).toEqual(['1000 > ANSWER', '3000 < 200 result=0', '5000 end returning 0']);
    expect(told[2]?.slice(6)).toEqual(['2000 > NOOP', '4000 < 200 result=0']);
    expect(told[3]?.slice(1)).toHaveLength(5);
  });

  it('of a console, has neither times nor threads', async () => {
    const text = [...request(1), ...request(2), said(1, 'Rx <<', 'ANSWER'), said(2, 'Rx <<', 'NOOP')]
      .join('\n')
      .replaceAll(/^.*res_agi\.c: /gm, '');
    const told = await calls(text);
    expect(told[1]?.slice(1, 4)).toEqual([
      '0 < agi_network: yes',
      '0 < agi_network_script: 1.js?pin=1',
      '0 < agi_channel: PJSIP/1',
    ]);
    expect(told[1]?.at(-1)).toBe('0 > ANSWER');
    expect(told[2]?.at(-1)).toBe('0 > NOOP');
  });

  it('goes on over several lines where a value does', async () => {
    const text = [
      ...request(1),
      said(1, 'Rx <<', 'GET VARIABLE X'),
      said(1, 'Tx >>', '200 result=1 (a'),
      'b)',
      line(1, 'other'),
      'c)',
    ];
    expect((await calls(text.join('\n')))[1]?.slice(-2)).toEqual(['0 < 200 result=1 (a', '0 < b)']);
  });

  it('may begin in the middle of a call', async () => {
    const events = await read(`${said(1, 'Tx >>', '200 result=0')}\n`);
    expect(events).toContainEqual({
      type: 'note',
      call: 1,
      text: 'the log begins in the middle of this call',
    });
  });

  it('says that whole seconds are few', async () => {
    const note = 'note undefined the log has its times in whole seconds';
    const notes = async (text: string) =>
      (await read(text)).flatMap((event) =>
        event.type === 'note' ? [`note ${event.call} ${event.text}`] : [],
      );
    expect((await notes(request(1).join('\n')))[0]).toContain(note);
    expect(await notes(request(1).join('\n').replaceAll('15:24:22', '15:24:22.125'))).toEqual([]);
  });

  it('gives one call by its number, unique id or channel', async () => {
    const file = path.join(makeFolder(), 'full');
    writeFileSync(file, [...request(1), ...request(2), ...request(2)].join('\n'));
    const table = await CallTable.of(file);
    expect(table.choose(undefined)).toBeUndefined();
    expect(['1', '3', '17000.1', 'PJSIP/1'].map((name) => table.choose(name))).toEqual([1, 3, 1, 1]);
    expect(() => table.choose('4')).toThrow('holds no call "4" among its 3 calls');
    expect(() => table.choose('PJSIP/2')).toThrow('holds 2 calls of "PJSIP/2": name one by its number, 2, 3');
    expect(table.lines()).toEqual([
      `${file} holds 3 calls; --call NUMBER takes one:`,
      '    1  Nov 25 15:24:22  1.js?pin=***  PJSIP/1  17000.1',
      '    2  Nov 25 15:24:22  2.js?pin=***  PJSIP/2  17000.2',
      '    3  Nov 25 15:24:22  2.js?pin=***  PJSIP/2  17000.2',
    ]);
    const events = await collect(readCall(file, 2));
    expect(events.filter(({ type }) => type === 'entry')).toHaveLength(5);
  });
});

it('a file of any size is read with little memory', async () => {
  const file = path.join(makeFolder(), 'file');
  writeFileSync(file, '');
  // a gigabyte without a line in it; the disk holds none of it
  truncateSync(file, 1 << 30);
  const before = process.memoryUsage.rss();
  await failure(collect(readTrace(file)));
  expect(process.memoryUsage.rss() - before).toBeLessThan(300 << 20);
});
