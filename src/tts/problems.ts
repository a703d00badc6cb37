/** The words for what can go wrong with speech: what happened, where, and what to do. */
import { AgiSpeechError } from '../errors';
import { noSuchKey } from '../option-names';
import { type Engine, engines } from './engines';
import type { SpeechSettings } from './settings';
import type { SpeechOptions } from './speech';

export function setting(file: string | undefined, key: string, value: string, due: string): AgiSpeechError {
  return new AgiSpeechError(
    'SPEECH_CONFIG',
    `${file ?? 'the configuration'}: [tts] ${key} is ${JSON.stringify(value)}, and must be ${due}`,
  );
}

export function unknownKey(file: string | undefined, key: string, known: readonly string[]): string {
  return noSuchKey(`${file ?? 'the configuration'}: [tts]`, key, known);
}

/** Why a text, or the way that it is wanted, cannot be had. */
export function unspeakable(settings: SpeechSettings, text: string, options: SpeechOptions): AgiSpeechError {
  if (text === '') return new AgiSpeechError('SPEECH_TEXT', 'there is no text to speak');
  if (text.length > settings.maxCharacters) {
    return new AgiSpeechError(
      'SPEECH_TEXT',
      `a text of ${text.length} characters is not spoken: the limit is ${settings.maxCharacters} ([tts] max_characters)`,
    );
  }
  return new AgiSpeechError(
    'SPEECH_OPTIONS',
    `speech takes engine, voice and language (names), rate (0.25 to 4) and sampleRate (8000 or 16000), not ${JSON.stringify(options)}`,
  );
}

export function noEngine(file: string | undefined): AgiSpeechError {
  const where = file ?? 'the configuration';
  const list = engines.map(({ name, install }) => `${name}: ${install}`).join('; ');
  return new AgiSpeechError(
    'SPEECH_NO_ENGINE',
    `nothing that speaks is on the PATH, and ${where} names nothing in [tts] engine: install one of ${list}`,
  );
}

export function unknownEngine(name: string): AgiSpeechError {
  const known = [...engines.map((engine) => engine.name), 'command'].join(', ');
  return new AgiSpeechError(
    'SPEECH_NO_ENGINE',
    `there is no engine ${JSON.stringify(name)}: known are ${known}`,
  );
}

export function notInstalled({ name, install }: Engine, program: string, named: boolean): AgiSpeechError {
  // the PATH is for names
  const isPlace = named || program.includes('/');
  const where = isPlace ? ', which the configuration names, is not there' : ' is not on the PATH';
  return new AgiSpeechError(
    'SPEECH_NO_ENGINE',
    `${name} cannot speak: its program ${program}${where}. Install ${install}`,
  );
}

export function noCommand(settings: SpeechSettings): AgiSpeechError {
  return setting(settings.file, 'command', '', 'the command line of the engine "command"');
}

export function voiceWanted({ name, voiceNeeded }: Engine): AgiSpeechError {
  return new AgiSpeechError('SPEECH_OPTIONS', `${name} needs a voice ([tts] voice): ${voiceNeeded}`);
}

export function noSuchVoice({ name }: Engine, voice: string, known?: string): AgiSpeechError {
  const has = known === undefined ? '' : `: it has ${known}`;
  return new AgiSpeechError('SPEECH_OPTIONS', `${name} has no voice ${JSON.stringify(voice)}${has}`);
}

/** An option that would do nothing. */
export function noSuchOption(name: string, what: string, instead: string): AgiSpeechError {
  return new AgiSpeechError('SPEECH_OPTIONS', `${name} takes no ${what}${instead}`);
}

export function engineFailed(name: string, program: string, how: string, said: string): AgiSpeechError {
  const words = said.trim().replace(/\s*\n\s*/g, '; ');
  return new AgiSpeechError(
    'SPEECH_ENGINE',
    `${name} (${program}) ${how}${words === '' ? ', and said nothing' : `. It said: ${words}`}`,
  );
}

export function tooSlow(name: string, program: string, timeoutMs: number): AgiSpeechError {
  return new AgiSpeechError(
    'SPEECH_TIMEOUT',
    `${name} (${program}) took longer than ${timeoutMs / 1000} s ([tts] timeout_seconds), and was ended`,
  );
}

export function claimedTooLong(timeoutMs: number, file: string): AgiSpeechError {
  return new AgiSpeechError(
    'SPEECH_TIMEOUT',
    `another call has been making this sentence for ${timeoutMs / 1000} s ([tts] timeout_seconds): ${file}`,
  );
}

export function badCache({ cache, cacheNamed }: SpeechSettings, why: string): AgiSpeechError {
  const set = cacheNamed ? '[tts] cache' : '[phpagi] tempdir; [tts] cache names another';
  return new AgiSpeechError(
    'SPEECH_CACHE',
    `spoken files cannot be kept in ${cache} (${set}): ${why}. User ${process.getuid?.()} must be able to write there, and Asterisk's user to read`,
  );
}

export function notOurs({ cache }: SpeechSettings, uid: number): AgiSpeechError {
  return new AgiSpeechError(
    'SPEECH_CACHE',
    `${cache} belongs to user ${uid}, not to user ${process.getuid?.()}, who is to speak from there: remove it, or name a folder in [tts] cache`,
  );
}

export function notCopied(command: string, how: string, said: string): AgiSpeechError {
  return new AgiSpeechError(
    'SPEECH_COPY',
    `the file did not get to Asterisk: ${command} ([tts] copy) ${how}${said.trim() === '' ? '' : `. It said: ${said.trim()}`}`,
  );
}

/** Asterisk did not play what was made. */
export function unplayable(name: string, settings: SpeechSettings): AgiSpeechError {
  const why =
    settings.url !== undefined
      ? 'does "fastagi speech" run there, can Asterisk reach it, and has it res_http_media_cache loaded?'
      : settings.copyFolder !== undefined
        ? 'did [tts] copy put it there?'
        : "may Asterisk's user read it? Where Asterisk is on another machine, see url in [tts]";
  return new AgiSpeechError('SPEECH_UNPLAYABLE', `Asterisk does not find the speech in ${name}: ${why}`);
}
