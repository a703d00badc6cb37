/** The caller's voice, which Asterisk writes to a pipe of its own in EAGI (res_agi.c, eagi_exec). */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { AgiError } from '../errors';
import type { Agi } from './agi';
import { commander } from './commander';
import type { Session } from './session';

const AUDIO_FD = 3;

export interface AudioFormat {
  /** Asterisk's name of it: `slin`, where the variable EAGI_AUDIO_FORMAT did not ask for another. */
  readonly name: string;
  /** Undefined for a format that is not known here. */
  readonly sampleRateHz: number | undefined;
  /** Of one sample, where each has the same: 16 for signed linear, in the byte order of Asterisk's machine. */
  readonly bitsPerSample: number | undefined;
}

/** Sound as bytes, 20 ms at a time. Ends when the caller hangs up, or the script's turn is over. */
export class CallerAudio extends Readable {
  readonly #agi: Agi;
  readonly #pipe: Socket;

  constructor(agi: Agi, pipe: Socket) {
    super();
    this.#agi = agi;
    this.#pipe = pipe;
    pipe.pause();
    pipe.on('data', (chunk) => {
      if (!this.push(chunk)) pipe.pause();
    });
    const end = () => {
      pipe.destroy();
      if (!this.readableEnded && !this.destroyed) this.push(null);
    };
    pipe.once('end', end);
    pipe.once('error', end);
    // Asterisk itself holds the pipe open until the script has ended
    agi[commander].session.onHangup(end);
  }

  /** How the bytes are to be understood. Works after a hangup. */
  async format(): Promise<AudioFormat> {
    return toFormat((await this.#agi.getVariable('EAGI_AUDIO_FORMAT')) || 'slin');
  }

  override _read(): void {
    this.#pipe.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#pipe.destroy();
    callback(error);
  }
}

export function toFormat(name: string): AudioFormat {
  // slin, slin12, slin16 … slin192; 44 stands for 44.1
  const linear = /^slin(\d*)$/.exec(name);
  if (linear) {
    const rate = linear[1] === '' ? 8000 : linear[1] === '44' ? 44_100 : Number(linear[1]) * 1000;
    return { name, sampleRateHz: rate, bitsPerSample: 16 };
  }
  const bitsPerSample = name === 'ulaw' || name === 'alaw' ? 8 : undefined;
  const sampleRateHz = bitsPerSample || name === 'gsm' ? 8000 : name === 'g722' ? 16_000 : undefined;
  return { name, sampleRateHz, bitsPerSample };
}

const opened = Symbol.for('fastagi.audio');

/** The one stream of this call. @throws AgiError with code `AGI_NO_AUDIO` */
export function callerAudio(agi: Agi): CallerAudio {
  const session = agi[commander].session as Session & { [opened]?: CallerAudio };
  session[opened] ??= new CallerAudio(agi, openPipe(agi));
  return session[opened];
}

function openPipe(agi: Agi): Socket {
  if (!agi.request.enhanced) {
    const way = agi.request.network ? 'FastAGI never carries it' : 'AGI() does not';
    throw noAudio(`${way}: call a script of agi-bin by EAGI(script)`);
  }
  let isPipe = false;
  try {
    isPipe = fstatSync(AUDIO_FD).isFIFO();
  } catch {
    // closed
  }
  if (!isPipe) throw noAudio(`descriptor ${AUDIO_FD} is no pipe, though Asterisk said that it would be`);
  // not a file stream: a read of that waits in a thread, and a process cannot end while it does
  return new Socket({ fd: AUDIO_FD, readable: true, writable: false });
}

function noAudio(why: string): AgiError {
  return new AgiError('AGI_NO_AUDIO', `the caller's voice does not reach this script: ${why}`);
}
