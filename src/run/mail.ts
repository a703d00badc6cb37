/** A script's errors by mail, through the system's sendmail interface, as phpAGI's error handler does. */
import { hostname } from 'node:os';
import { acceptCodeCache } from '../code-cache';
import type { Config } from '../config';
import type { AgiRequest } from '../wire/agi-request';

const LIMIT_MS = 10_000;

export interface Letter {
  readonly summary: string;
  readonly details: string;
  readonly request: AgiRequest | undefined;
}

/**
 * Hands a mail to sendmail, and waits until it has it.
 * @returns what went wrong, in one line; undefined where nothing did
 */
export function sendMail(config: Config, letter: Letter): Promise<string | undefined> {
  const host = config.hostname ?? hostname();
  const text = encodeMail(config.admin as string, host, letter);
  acceptCodeCache();
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    const failed = (why: string) => resolve(`no mail to ${config.admin}: ${config.sendmail} ${why}`);
    const child = spawn(config.sendmail, ['-t', '-i'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    child.on('error', (error) => failed(error.message));
    child.on('close', (code, signal) =>
      code === 0 ? resolve(undefined) : failed(`ended with ${signal ?? code}`),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(text);
  });
}

/** A whole message of RFC 5322. Every header value is one line of ASCII, so that no text can add a header. */
export function encodeMail(to: string, host: string, { summary, details, request }: Letter): string {
  const call = request
    ? [
        'channel',
        'uniqueid',
        'callerid',
        'calleridname',
        'context',
        'extension',
        'priority',
        'network_script',
        'request',
      ]
        .map((name) => [name, request.raw.get(`agi_${name}`)])
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}: ${value}`)
    : [];
  const body = [
    summary,
    '',
    details.slice(0, 65_536),
    '',
    ...call,
    '',
    `host: ${host}`,
    `process: ${process.pid}`,
    `time: ${new Date().toISOString()}`,
  ];
  return [
    `To: ${headerValue(to)}`,
    `Subject: ${encodeWord(`[fastagi ${host}] ${summary}`)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    'Auto-Submitted: auto-generated',
    '',
    Buffer.from(body.join('\n')).toString('base64').replace(/.{76}/g, '$&\n'),
    '',
  ].join('\n');
}

function headerValue(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ');
}

/** RFC 2047, where the text is not plain; each encoded word is at most 75 characters. */
function encodeWord(text: string): string {
  const short = Array.from(text).slice(0, 180);
  if (short.every((char) => /[\x20-\x7e]/.test(char))) return short.join('');
  const words: string[] = [];
  for (let at = 0; at < short.length; at += 10) {
    words.push(`=?utf-8?B?${Buffer.from(short.slice(at, at + 10).join('')).toString('base64')}?=`);
  }
  return words.join('\n ');
}
