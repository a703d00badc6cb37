/** Text that is spoken to the caller. */
import { Speech, type SpeechConfig, type SpeechOptions } from '../tts/speech';
import { encodeCommand } from '../wire/agi-command';
import { type Commander, commander } from './commander';
import { checkOptions, escapeNames, speechNames, voiceNames } from './options';
import { digitOf, type EscapeOptions, numberOf, type SayOutcome } from './outcome';

export abstract class Speaking {
  abstract readonly [commander]: Commander;

  /**
   * Speaks a text, by the engine of the configuration's `[tts]`, or by the one that is found. One that has been
   * said before is kept, and costs no engine; the making of another begins at once, while what was called before
   * still plays. A text is never more than text: no engine, no shell and no markup reads anything else into it.
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
    session.onHangup(() => speech.stop(failures().hungUp()));
  }
  return belongings.speech;
}

/** Whether the configuration says by what to speak, and does not leave it to what is found. */
export function hasNamedEngine(call: Commander): boolean {
  const { engine, command, programs } = speechOf(call).settings;
  return engine !== undefined || command !== undefined || Object.values(programs).some(Boolean);
}

function textOf(text: string | number): string {
  if (typeof text !== 'string' && typeof text !== 'number') throw uncarried().noArgument(text);
  return String(text);
}

function isSilent(text: string): boolean {
  return !/[^\0- \x7f]/.test(text);
}

async function speak(
  call: Commander,
  words: string | number,
  { escapeDigits = '', ...options }: SpeechOptions & EscapeOptions,
): Promise<SayOutcome> {
  const text = textOf(words);
  if (isSilent(text)) return { outcome: 'complete' };
  const { session } = call;
  const speech = speechOf(call);
  const name = speech.name(text, options);
  // the order of the commands is the order of the calls, so the place is taken now
  if (typeof name !== 'string') name.catch(() => {});
  return session.turn(async (ask) => {
    if (typeof name !== 'string') session.watchWhileIdle();
    const file = typeof name === 'string' ? name : await name;
    const reply = await ask(encodeCommand('STREAM FILE', [file, escapeDigits, 0]), { secret: call.secret });
    const result = numberOf(reply);
    if (result === 0) return { outcome: 'complete' };
    if (result > 0) return { outcome: 'digit', digit: digitOf(reply) };
    await call.assertAlive(reply, ask);
    throw problems().unplayable(file, speech.settings);
  });
}

// the words for what went wrong
const uncarried = (): typeof import('../wire/problems') => require('../wire/problems');
const failures = (): typeof import('./failures') => require('./failures');
const problems = (): typeof import('../tts/problems') => require('../tts/problems');
