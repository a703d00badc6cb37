/**
 * A command that takes time is a generator: it yields what it waits for, and is resumed with what has happened. So
 * the call itself stays one synchronous machine, whatever its clock and its connection are.
 */
import type { Channel } from './channel';
import type { CallHappening, SayKind } from './events';
import type { Scope } from './expressions';
import { type Simulation, withoutEnding } from './options';

export interface Wait {
  /** For so long at most; undefined: until something happens. */
  readonly ms?: number;
  /** The keys that end it; with none, keys are not heard. */
  readonly keys: string;
  /** Whether another command on the connection ends it. */
  readonly cancellable: boolean;
  /** Whether a text of the caller's ends it. */
  readonly text?: boolean;
}

/** What has ended a wait. */
export type Happening =
  | { readonly type: 'time' }
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'hangup' }
  | { readonly type: 'command' };

/** How a command ends (res_agi.c, RESULT_…): `usage` answers 520, `failure` is seen in AGISTATUS. */
export type Outcome = 'success' | 'failure' | 'usage';

export type Steps<T> = Generator<Wait, T, Happening>;

/** What a command acts on. */
export interface Stage {
  readonly channel: Channel;
  readonly options: Simulation;
  readonly scope: Scope;
  /** Milliseconds since 1970. */
  now(): number;
  reply(text: string): void;
  tell(happening: CallHappening): void;
  /** Marks the channel as hung up; the call notices it behind the command. */
  hangUp(by: 'caller' | 'script' | 'timeout'): void;
  readonly hungUp: boolean;
  /** The speech object of SPEECH CREATE. */
  speech: boolean;
}

/** Answers the call, where it is not. */
export function answer(stage: Stage): void {
  const { channel } = stage;
  if (channel.answered) return;
  stage.tell({ type: 'answer' });
  channel.answered = true;
  channel.answeredAt = stage.now();
}

export const ANY_KEY = '0123456789*#ABCD';
export const SAMPLES_A_MS = 8;

/** How long one word of what is said takes. */
const WORD_MS = 400;

/** Waits, with what is no end of it passed over, and tells how long. */
export function* pause(stage: Stage, wait: Wait): Steps<Happening & { readonly elapsedMs: number }> {
  const begun = stage.now();
  if (wait.keys !== '') stage.tell({ type: 'listen', keys: wait.keys });
  const happening = yield wait;
  return { ...happening, elapsedMs: stage.now() - begun };
}

export type Played = (Happening | { readonly type: 'missing' }) & { readonly samples: number };

/** What a script has recorded can be played from then on. */
export function tellRecorded(stage: Stage, file: string, format: string, durationMs: number): void {
  stage.channel.surroundings.recorded.set(file, Math.round(durationMs * SAMPLES_A_MS));
  stage.tell({ type: 'record', file, format, durationMs });
}

/** In samples; undefined for a file that is not there. */
export function lengthOf({ options, channel }: Stage, file: string): number | undefined {
  return options.sounds(file, channel.language) ?? channel.surroundings.recorded.get(file);
}

/** Plays a file to the caller. @returns where it ended, in samples */
export function* play(
  stage: Stage,
  file: string,
  { keys = '', cancellable = false, offset = 0 } = {},
): Steps<Played> {
  const length = lengthOf(stage, file);
  stage.tell({ type: 'play', file, missing: length === undefined });
  if (length === undefined) {
    const name = withoutEnding(file);
    if (name !== undefined)
      stage.scope.warn(
        `Asterisk puts the ending of a sound file on by itself, and looks for ${file}.wav and its like: name it ${name}`,
      );
    return { type: 'missing', samples: offset };
  }
  const ms = Math.max(0, length - offset) / SAMPLES_A_MS;
  const ended = yield* pause(stage, { ms, keys, cancellable });
  const samples = Math.min(length, Math.round(offset + ended.elapsedMs * SAMPLES_A_MS));
  return { ...ended, samples: ended.type === 'time' ? length : samples };
}

/** Says something. @returns the result of the SAY commands: 0, a key's code, -1 */
export function* say(stage: Stage, kind: SayKind, text: string, words: number, keys: string): Steps<number> {
  if (words > 0) stage.tell({ type: 'say', kind, text });
  const ended = yield* pause(stage, { ms: words * WORD_MS, keys, cancellable: false });
  return resultOf(ended);
}

/** 0 at the end of the time, the key's code, -1 at a hangup. */
export function resultOf(happening: Happening | Played): number {
  if (happening.type === 'key') return happening.key.charCodeAt(0);
  return happening.type === 'time' ? 0 : -1;
}

export interface Collected {
  readonly end: 'complete' | 'timeout' | 'hangup' | 'command' | 'missing';
  readonly digits: string;
}

/**
 * Plays a prompt and collects keys (app.c, ast_app_getdata_full; channel.c, ast_readstring_full).
 * @param most how many; 0 fails, and less than 0 is one
 */
export function* collect(
  stage: Stage,
  prompt: string,
  { firstMs, nextMs, most }: { firstMs: number; nextMs: number; most: number },
): Steps<Collected> {
  let digits = '';
  let key: string | undefined;
  if (prompt !== '') {
    const length = lengthOf(stage, prompt);
    if (length === undefined || most !== 0) {
      const played = yield* play(stage, prompt, { keys: ANY_KEY, cancellable: true });
      if (played.type === 'missing' || played.type === 'hangup' || played.type === 'command')
        return { end: played.type, digits };
      if (played.type === 'key') key = played.key;
    }
  }
  if (most === 0) return { end: 'hangup', digits };
  let waitMs = firstMs;
  for (;;) {
    if (key === undefined) {
      const wait: Wait = { keys: ANY_KEY, cancellable: true };
      const waited = yield* pause(stage, waitMs < 0 ? wait : { ...wait, ms: waitMs });
      if (waited.type === 'time') return { end: 'timeout', digits };
      if (waited.type !== 'key') return { end: waited.type === 'command' ? 'command' : 'hangup', digits };
      key = waited.key;
    }
    if (key === '#') return { end: 'complete', digits };
    digits += key;
    if (digits.length >= most) return { end: 'complete', digits };
    key = undefined;
    waitMs = nextMs;
  }
}
