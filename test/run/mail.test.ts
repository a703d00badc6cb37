import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../src/config';
import { encodeMail, sendMail } from '../../src/run/mail';
import { toRequest } from '../../src/wire/agi-request';
import { makeFolder } from '../support/inet';

const request = toRequest(
  new Map([
    ['agi_network', 'yes'],
    ['agi_channel', 'PJSIP/1-1'],
    ['agi_calleridname', 'Jürgen'],
    ['agi_extension', '100'],
  ]),
);
const letter = { summary: 'hello.js: broken', details: 'Error: broken\n    at x', request };

function parse(mail: string) {
  const end = mail.indexOf('\n\n');
  const headers = mail.slice(0, end).replace(/\n /g, '').split('\n');
  const encoded = mail.slice(end + 2);
  return { headers, encoded, body: Buffer.from(encoded, 'base64').toString() };
}

/** RFC 2047, what a reader makes of a header. */
const decodeWords = (text: string) =>
  text
    .replace(/\?==\?/g, '?= =?')
    .split(' ')
    .map((word) =>
      /^=\?utf-8\?B\?(.*)\?=$/.exec(word)?.[1] ? Buffer.from(word.slice(10, -2), 'base64').toString() : word,
    )
    .join('');

describe('encodeMail', () => {
  it('a mail', () => {
    const { headers, body } = parse(encodeMail('admin@example.net', 'pbx', letter));
    expect(headers).toEqual([
      'To: admin@example.net',
      'Subject: [fastagi pbx] hello.js: broken',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      'Auto-Submitted: auto-generated',
    ]);
    expect(body).toMatch(
      /^hello\.js: broken\n\nError: broken\n {4}at x\n\nchannel: PJSIP\/1-1\ncalleridname: Jürgen\nextension: 100\n\nhost: pbx\nprocess: \d+\ntime: \d{4}-/,
    );
  });

  it('without a request', () => {
    expect(parse(encodeMail('a', 'pbx', { ...letter, request: undefined })).body).not.toContain('channel');
  });

  it.each([
    ['the summary', 'admin@example.net', 'pbx', 'x\nBcc: evil@example.net\n\nbody'],
    ['the summary, by CR', 'admin@example.net', 'pbx', 'x\rBcc: evil@example.net'],
    ['the address', 'admin@example.net\nBcc: evil@example.net', 'pbx', 'x'],
    ['the address, by CRLF', 'admin@example.net\r\n\r\nBcc: evil@example.net', 'pbx', 'x'],
    ['the host', 'admin@example.net', 'pbx\nBcc: evil@example.net', 'x'],
    ['other line ends', 'a\u2028Bcc: e\u0085Bcc: e\x0bBcc: e', 'pbx', 'x\u2028Bcc: e\x00'],
  ])('%s adds no header', (_, to, host, summary) => {
    const mail = encodeMail(to, host, { ...letter, summary });
    const { headers } = parse(mail);
    expect(headers.map((header) => header.split(':')[0])).toEqual([
      'To',
      'Subject',
      'MIME-Version',
      'Content-Type',
      'Content-Transfer-Encoding',
      'Auto-Submitted',
    ]);
    expect(mail).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it.each(['Jürgen: größer 王 📞', '📞'.repeat(60), `${'x'.repeat(30)}é`])('the subject of %s', (summary) => {
    const mail = encodeMail('a', 'pbx', { ...letter, summary });
    const subject = /^Subject: (.*(?:\n .*)*)/m.exec(mail)?.[1] as string;
    for (const word of subject.split('\n ')) {
      expect(word).toMatch(/^=\?utf-8\?B\?[A-Za-z0-9+/]+=*\?=$/);
      expect(word.length).toBeLessThanOrEqual(75);
      expect(Buffer.from(word.slice(10, -2), 'base64').toString()).not.toContain('\ufffd');
    }
    expect(decodeWords(subject.replaceAll('\n ', ' '))).toBe(`[fastagi pbx] ${summary}`);
  });

  it('a long subject is cut, the body is not', () => {
    const summary = 'x'.repeat(5000);
    const { headers, body } = parse(encodeMail('a', 'pbx', { ...letter, summary }));
    expect(headers[1]?.length).toBeLessThanOrEqual(200);
    expect(body).toContain(summary);
  });

  it('lines are as short as mail wants them', () => {
    const { encoded } = parse(encodeMail('a', 'pbx', { ...letter, details: '王\n'.repeat(10_000) }));
    for (const line of encoded.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
  });
});

describe('sendMail', () => {
  const folder = makeFolder();
  const sendmail = (script: string) => {
    const file = path.join(folder, 'sendmail');
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { ...defaults, admin: 'admin@example.net', hostname: 'pbx', sendmail: file };
  };

  it('hands the whole mail over', async () => {
    const to = path.join(folder, 'mail');
    expect(await sendMail(sendmail(`echo "$@" > ${to}; cat >> ${to}`), letter)).toBeUndefined();
    const [args, first] = fs.readFileSync(to, 'utf8').split('\n');
    expect([args, first]).toEqual(['-t -i', 'To: admin@example.net']);
  });

  it('tells of a sendmail that fails', async () => {
    expect(await sendMail(sendmail('exit 75'), { ...letter, details: 'x'.repeat(1 << 20) })).toMatch(
      /^no mail to admin@example\.net: .*sendmail ended with 75$/,
    );
  });

  it('tells of none', async () => {
    const config = { ...sendmail(''), sendmail: path.join(folder, 'none') };
    expect(await sendMail(config, letter)).toMatch(/ENOENT/);
  });
});
