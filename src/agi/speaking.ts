/** Text that is spoken to the caller. */
import { plainText, Speech, type SpeechConfig, type SpeechOptions } from '../tts/speech';
import { encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import { type Commander, commander } from './commander';
import { checkOptions, escapeNames, speechNames, voiceNames } from './options';
import { digitOf, type EscapeOptions, numberOf, type SayOutcome } from './outcome';
import type { Ask } from './session';

export abstract class Speaking {
  abstract readonly [commander]: Commander;

  /**
   * Speaks a text, by the engine of the configuration's `[tts]`, or by the one that is found. One that has been
   * said before is kept, and costs no engine; the making of another begins at once, while what was called before
   * still plays. A text is never more than text: no engine, no shell and no markup reads anything else into it.
   * A key that is pressed before it plays, while an engine is still at work, is heard by nobody: `prepareSpeech`.
   * @throws AgiSpeechError where there is no engine, it fails or is too slow, or Asterisk does not find the file
   */
  async say(text: string | number, options: SpeechOptions & EscapeOptions = {}): Promise<SayOutcome> {
    checkOptions('say', options, { ...speechNames, ...escapeNames });
    return speak(this[commander], text, options);
  }

  /** Speaks a text by Festival, phpAGI's way. As `say` with the engine `festival`. */
  async text2wav(
    text: string | number,
    options: Omit<SpeechOptions, 'engine'> & EscapeOptions = {},
  ): Promise<SayOutcome> {
    checkOptions('text2wav', options, { ...voiceNames, ...escapeNames });
    return speak(this[commander], text, { ...options, engine: 'festival' });
  }

  /** Speaks a text by Cepstral's Swift, phpAGI's way. As `say` with the engine `swift`. */
  async swift(
    text: string | number,
    options: Omit<SpeechOptions, 'engine'> & EscapeOptions = {},
  ): Promise<SayOutcome> {
    checkOptions('swift', options, { ...voiceNames, ...escapeNames });
    return speak(this[commander], text, { ...options, engine: 'swift' });
  }

  /**
   * Makes a text's sound before it is wanted, while the caller hears something else. Nothing needs to wait for
   * it: `say` of the same text and options takes what is there, or waits for the rest.
   * @throws AgiSpeechError where it is awaited, as `say` does; otherwise `say` tells
   */
  prepareSpeech(text: string | number, options: SpeechOptions = {}): Promise<void> {
    const prepared = (async () => {
      checkOptions('prepareSpeech', options, speechNames);
      const words = textOf(text);
      if (!isSilent(words)) await speechOf(this[commander]).name(words, options, false);
    })();
    // who does not wait for it does not want to be ended by it
    prepared.catch(() => {});
    return prepared;
  }

  /**
   * The name under which Asterisk plays a text, for whatever takes the name of a sound file: `getData`,
   * `controlStreamFile` …
   * @throws AgiSpeechError as `say` does, and for a text with nothing in it
   */
  async speechFile(text: string | number, options: SpeechOptions = {}): Promise<string> {
    checkOptions('speechFile', options, speechNames);
    return speechOf(this[commander]).name(textOf(text), options);
  }
}

/** Of a call without a configuration: what `config.ts` has where there is none. */
const noConfig: SpeechConfig = { file: undefined, sections: {}, tempdir: '/var/spool/asterisk/tmp' };

function speechOf(call: Commander): Speech {
  const { session, belongings } = call;
  if (!belongings.speech) {
    const speech = new Speech(belongings.config ?? noConfig);
    belongings.speech = speech;
    session.onHangup(() => void speech.stop(failures().hungUp()));
  }
  return belongings.speech;
}

/** Whether the configuration says by what to speak, and does not leave it to what is found. */
export function hasNamedEngine(call: Commander): boolean {
  const { engine, command, programs } = speechOf(call).settings;
  return engine !== undefined || command !== undefined || Object.values(programs).some(Boolean);
}

function textOf(text: string | number): string {
  if (typeof text !== 'string' && !Number.isFinite(text)) throw uncarried().noArgument(text);
  return String(text);
}

/** Whether there is nothing in it that can be heard. A first letter says that there is; a regular expression costs more. */
function isSilent(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > 32 && first < 127) && plainText(text) === '';
}

/** What follows on the answer to STREAM FILE is apart: to compile it before that is sent would take its time. */
function speak(
  call: Commander,
  words: string | number,
  options: SpeechOptions & EscapeOptions,
): SayOutcome | Promise<SayOutcome> {
  const text = textOf(words);
  if (isSilent(text)) return { outcome: 'complete' };
  const speech = speechOf(call);
  const name = speech.name(text, options);
  const escapeDigits = options.escapeDigits ?? '';
  // the order of the commands is the order of the calls, so the place is taken now
  if (typeof name === 'string') return call.session.turn((ask) => stream(call, ask, name, escapeDigits));
  name.catch(() => {});
  return call.session.turn(async (ask) => {
    call.session.watchWhileIdle();
    return stream(call, ask, await name, escapeDigits);
  });
}

function stream(call: Commander, ask: Ask, name: string, escapeDigits: string): Promise<SayOutcome> {
  return ask(encodeCommand('STREAM FILE', [name, escapeDigits, 0]), { secret: call.secret }).then((reply) =>
    streamed(call, ask, name, reply),
  );
}

async function streamed(call: Commander, ask: Ask, name: string, reply: AgiReply): Promise<SayOutcome> {
  const result = numberOf(reply);
  if (result === 0) return { outcome: 'complete' };
  if (result > 0) return { outcome: 'digit', digit: digitOf(reply) };
  await call.assertAlive(reply, ask);
  throw problems().unplayable(name, speechOf(call).settings);
}

// the words for what went wrong
const uncarried = (): typeof import('../wire/problems') => require('../wire/problems');
const failures = (): typeof import('./failures') => require('./failures');
const problems = (): typeof import('../tts/problems') => require('../tts/problems');
