/** Asterisk's side of a call, for tests that need no Asterisk: the request, and an answer to each command. */
import fs from 'node:fs';
import path from 'node:path';
import { connect, type Ended, executable, type Line, makeFolder, type Program } from './inet';

export type Answer = string | undefined | ((line: Line) => string | undefined);
/** Gives the reply to a command, without its LF; undefined for none. */
export type Answering = (command: string, line: Line) => string | undefined;

export interface Outcome extends Ended {
  /** Every line that came over the wire. */
  readonly commands: readonly string[];
  /** All bytes that came over the wire. */
  readonly wire: string;
  readonly log: string;
}

export interface CallOptions {
  readonly script: string;
  /** Files of the folder that scripts are served from. */
  readonly files?: Record<string, string>;
  readonly folder?: string;
  readonly config?: string;
  readonly answer?: Answering;
  /** Sent in the place of the request. */
  readonly request?: string;
  readonly program?: Partial<Program>;
  /** Given the line before anything is sent. */
  readonly onLine?: (line: Line) => void;
}

export const answerAll: Answering = (command) => {
  if (command === 'FAILURE') return undefined;
  if (/^GET (FULL )?VARIABLE/.test(command)) return '200 result=0';
  return /^(VERBOSE|SET VARIABLE|HANGUP)/.test(command) ? '200 result=1' : '200 result=0';
};

export function requestFor(script: string, more: Record<string, string> = {}): string {
  const fields = {
    agi_network: 'yes',
    agi_network_script: script,
    agi_request: `agi://127.0.0.1/${script}`,
    agi_channel: 'Local/leg@test-00000001;2',
    agi_language: 'en',
    agi_type: 'Local',
    agi_uniqueid: '1700000000.1',
    agi_version: '22.10.1',
    agi_callerid: 'unknown',
    agi_calleridname: 'unknown',
    agi_callingpres: '67',
    agi_callingani2: '0',
    agi_callington: '0',
    agi_callingtns: '0',
    agi_dnid: 'unknown',
    agi_rdnis: 'unknown',
    agi_context: 'test',
    agi_extension: 'fast',
    agi_priority: '1',
    agi_enhanced: '0.0',
    agi_accountcode: '',
    agi_threadid: '140000000000000',
    ...more,
  };
  return (
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('') + '\n'
  );
}

/** Places a call with the built `fastagi` and sees it through. */
export async function call(options: CallOptions): Promise<Outcome> {
  const folder = options.folder ?? makeFolder(options.files);
  const place = makeFolder();
  const log = path.join(place, 'log');
  const config = path.join(place, 'fastagi.conf');
  fs.writeFileSync(config, `[fastagi]\nbasedir=${folder}\nlog=${log}\n${options.config ?? ''}`);
  const line = await connect({
    file: executable('fastagi'),
    args: ['--config', config],
    ...options.program,
  });
  options.onLine?.(line);
  const answer = options.answer ?? answerAll;
  const commands: string[] = [];
  let wire = '';
  let held = '';
  line.socket.on('data', (chunk) => {
    wire += chunk;
    held += chunk;
    const lines = held.split('\n');
    held = lines.pop() as string;
    for (const command of lines) {
      commands.push(command);
      const reply = answer(command, line);
      if (reply !== undefined) line.socket.write(reply + '\n');
      if (command === 'FAILURE') line.socket.end('HANGUP\n');
    }
  });
  line.socket.on('end', () => line.socket.end());
  const request = options.request ?? requestFor(options.script);
  if (request !== '') line.socket.write(request);
  const ended = await line.ended;
  line.socket.destroy();
  return { ...ended, commands, wire, log: fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '' };
}
