/** The caller's voice, which Asterisk writes to a pipe of its own in EAGI (res_agi.c, eagi_exec). */
import { fstatSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { AgiError } from '../errors';
import type { Agi } from './agi';
import { commander } from './commander';
import type { Session } from './session';

const AUDIO_FD = 3;

/** How the bytes of `agi.audio` are to be understood. */
export interface AudioFormat {
  /** Asterisk's name of it: `slin`, where the variable EAGI_AUDIO_FORMAT did not ask for another. */
  readonly name: string;
  /** Undefined for a format that is not known here. */
  readonly sampleRateHz: number | undefined;
  /** Of one sample, where each has the same: 16 for signed linear, in the byte order of Asterisk's machine. */
  readonly bitsPerSample: number | undefined;
}

/** How long no sound comes before Asterisk is asked whether the caller is still there: it sends some all the time. */
const SILENT_MS = 2000;

/**
 * Sound as bytes, 20 ms at a time. Ends when the caller hangs up, behind what was heard of him until then. Leaving
 * a `for await` destroys it; `agi.audio` then gives another one, which goes on where the pipe does.
 */
export class CallerAudio extends Readable {
  readonly #agi: Agi;
  readonly #pipe: Socket;
  readonly #onData = (chunk: Buffer) => this.#take(chunk);
  readonly #onEnd = () => this.#end();
  #silence: NodeJS.Timeout | undefined;

  constructor(agi: Agi, pipe: Socket) {
    super();
    this.#agi = agi;
    this.#pipe = pipe;
    pipe.on('data', this.#onData).once('end', this.#onEnd).once('error', this.#onEnd);
    pipe.pause();
    // Asterisk itself holds the pipe open until the script has ended
    agi[commander].session.onHangup(this.#onEnd);
  }

  /** How the bytes are to be understood. Works after a hangup. */
  async format(): Promise<AudioFormat> {
    return toFormat((await this.#agi.getVariable('EAGI_AUDIO_FORMAT')) || 'slin');
  }

  override _read(): void {
    this.#pipe.resume();
    this.#silence ??= setTimeout(() => this.#listen(), SILENT_MS).unref();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#letGo();
    callback(error);
  }

  #take(chunk: Buffer): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (!this.push(chunk)) this.#pipe.pause();
  }

  /** With AGISIGHUP=no, nobody tells of a hangup: a command does, whose reply is 511. */
  #listen(): void {
    this.#silence = undefined;
    const { session } = this.#agi[commander];
    if (this.destroyed || this.readableEnded) return;
    const asked = session.busy || session.ended ? undefined : this.#agi.channelStatus();
    void Promise.resolve(asked)
      .catch(() => {})
      .then(() => {
        if (!this.destroyed && !this.readableEnded) this._read();
      });
  }

  #end(): void {
    if (this.readableEnded || this.destroyed) return;
    this.#letGo();
    // what the paused socket has taken already, and then the rest
    for (let sound = this.#pipe.read() as Buffer | null; sound !== null; sound = this.#pipe.read())
      this.push(sound);
    for (let sound = readNow(); sound.length > 0; sound = readNow()) this.push(sound);
    this.push(null);
  }

  #letGo(): void {
    clearTimeout(this.#silence);
    this.#pipe.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onEnd);
    this.#pipe.pause();
  }
}

/** What the pipe holds this moment; it does not block once a Socket has had it. */
function readNow(): Buffer {
  const sound = Buffer.alloc(65_536);
  try {
    return sound.subarray(0, readSync(AUDIO_FD, sound));
  } catch {
    // empty, or closed
    return sound.subarray(0, 0);
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

/** What a call's session keeps of its audio. */
interface Opened {
  readonly pipe: Socket;
  audio: CallerAudio;
}

/** The stream of this call, or another one where that was destroyed. @throws AgiError with code `AGI_NO_AUDIO` */
export function callerAudio(agi: Agi): CallerAudio {
  const session = agi[commander].session as Session & { [opened]?: Opened };
  const before = session[opened];
  if (before && !before.audio.destroyed) return before.audio;
  const pipe = before?.pipe ?? openPipe(agi);
  const audio = new CallerAudio(agi, pipe);
  session[opened] = { pipe, audio };
  return audio;
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
  const pipe = new Socket({ fd: AUDIO_FD, readable: true, writable: false });
  pipe.on('error', () => {});
  return pipe;
}

function noAudio(why: string): AgiError {
  return new AgiError('AGI_NO_AUDIO', `the caller's voice does not reach this script: ${why}`);
}
