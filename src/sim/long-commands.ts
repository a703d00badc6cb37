/** The commands in which much can happen: winding a file, recording, recognizing speech (res_agi.c). */
import { atoi, scan } from './c-numbers';
import {
  ANY_KEY,
  lengthOf,
  type Outcome,
  pause,
  play,
  resultOf,
  SAMPLES_A_MS,
  type Stage,
  type Steps,
  tellRecorded,
} from './steps';

export function answered(stage: Stage, result: string | number): Outcome {
  stage.reply(`200 result=${result}`);
  return 'success';
}

export function* controlStreamFile(stage: Stage, words: readonly string[]): Steps<Outcome> {
  if (words.length < 5 || words.length > 10) return 'usage';
  const [, , , file = '', stops = '', skip = '3000', forward, rewind, suspend = '', from] = words;
  const skipMs = scan(skip);
  if (skipMs === undefined) return 'usage';
  let positionMs = 0;
  if (from) {
    const offset = scan(from);
    if (offset === undefined) return 'usage';
    positionMs = offset;
  }
  const forwards = forward || '#';
  const rewinds = rewind || '*';
  const length = lengthOf(stage, file);
  stage.tell({ type: 'play', file, missing: length === undefined });
  if (length === undefined) {
    stage.reply('200 result=-1 endpos=-1');
    return 'failure';
  }
  const lengthMs = length / SAMPLES_A_MS;
  const keys = [...new Set(forwards + rewinds + stops + suspend)].join('');
  for (;;) {
    const ended = yield* pause(stage, {
      ms: Math.max(0, lengthMs - positionMs),
      // with nothing asked for, the keys that wind are no invitation to type
      keys,
      cancellable: false,
    });
    positionMs = Math.min(lengthMs, positionMs + ended.elapsedMs);
    if (ended.type === 'time') {
      stage.reply('200 result=0 endpos=-1');
      return 'success';
    }
    if (ended.type !== 'key') {
      stage.reply(`200 result=-1 endpos=${Math.round(positionMs)}`);
      return 'failure';
    }
    if (forwards.includes(ended.key)) positionMs = Math.min(lengthMs, positionMs + skipMs);
    else if (rewinds.includes(ended.key)) positionMs = Math.max(0, positionMs - skipMs);
    else if (suspend.includes(ended.key)) {
      const paused = yield* pause(stage, { keys, cancellable: false });
      if (paused.type === 'hangup') {
        stage.reply(`200 result=-1 endpos=${Math.round(positionMs)}`);
        return 'failure';
      }
      if (paused.type === 'key' && stops.includes(paused.key)) {
        stage.reply(`200 result=${resultOf(paused)} endpos=${Math.round(positionMs)}`);
        return 'success';
      }
    } else {
      stage.reply(`200 result=${resultOf(ended)} endpos=${Math.round(positionMs)}`);
      return 'success';
    }
  }
}

export function* recordFile(stage: Stage, words: readonly string[]): Steps<Outcome> {
  const [, , file = '', format = '', keys = '', timeout, ...rest] = words;
  const timeoutMs = scan(timeout);
  if (words.length < 6 || timeoutMs === undefined) return 'usage';
  const silenceMs = 1000 * atoi(/^s=(.*)/s.exec(rest.find((word) => word.startsWith('s=')) ?? '')?.[1]);
  const [first, second] = rest;
  // what stands in the place of the offset and is none is a beep, even an empty word
  const beeps =
    (first !== undefined && scan(first) === undefined && !first.includes('=')) ||
    (second !== undefined && !second.includes('='));
  const offset = scan(first) ?? 0;
  if (beeps) {
    const beep = yield* play(stage, 'beep', { keys });
    if (beep.type !== 'time' && beep.type !== 'missing') {
      stage.reply(`200 result=${resultOf(beep)} (randomerror) endpos=${offset}`);
      return 'success';
    }
  }
  if (!stage.options.recordable(file, format)) {
    stage.reply('200 result=-1 (writefile)');
    return 'failure';
  }
  const silentAfterMs = silenceMs > 0 ? stage.options.speaksMs + silenceMs : Number.POSITIVE_INFINITY;
  const mostMs = Math.min(timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs, silentAfterMs);
  const wait = { keys, cancellable: false };
  const ended = yield* pause(stage, Number.isFinite(mostMs) ? { ...wait, ms: mostMs } : wait);
  const tell = (durationMs: number) => {
    tellRecorded(stage, file, format, durationMs);
    return offset + Math.round(durationMs * SAMPLES_A_MS);
  };
  if (ended.type === 'key') {
    // the sound of the key is cut off
    const endpos = tell(Math.max(0, ended.elapsedMs - 200));
    stage.reply(`200 result=${resultOf(ended)} (dtmf) endpos=${endpos}`);
    return 'success';
  }
  if (ended.type === 'hangup') {
    stage.reply(`200 result=-1 (hangup) endpos=${tell(ended.elapsedMs)}`);
    return 'failure';
  }
  const cutMs = ended.elapsedMs >= silentAfterMs ? Math.max(0, silenceMs - 1000) : 0;
  stage.reply(`200 result=0 (timeout) endpos=${tell(ended.elapsedMs - cutMs)}`);
  return 'success';
}

export function* speechRecognize(stage: Stage, words: readonly string[]): Steps<Outcome> {
  if (words.length < 4) return 'usage';
  if (!stage.speech) return answered(stage, 0);
  const played = yield* play(stage, words[2] as string, { keys: ANY_KEY, offset: atoi(words[4]) });
  let ended: { type: string; key?: string } = played;
  if (played.type === 'time' || played.type === 'missing') {
    const heard = stage.options.speech?.shift();
    if (heard) {
      const { text, score = 1000, grammar = '' } = heard;
      return answered(
        stage,
        `1 (speech) endpos=${played.samples} results=1 score0=${score} text0="${text}" grammar0=${grammar}`,
      );
    }
    const seconds = atoi(words[3]);
    const wait = { keys: ANY_KEY, cancellable: false };
    ended = yield* pause(stage, seconds > 0 ? { ...wait, ms: seconds * 1000 } : wait);
  }
  if (ended.type === 'key') return answered(stage, `1 (digit) digit=${ended.key} endpos=${played.samples}`);
  return answered(stage, `1 (${ended.type === 'time' ? 'timeout' : 'hangup'}) endpos=${played.samples}`);
}
