/** Whether calls speak, and where what they say is kept. */
import { given } from '../tts/given';
import type { Survey } from './survey';

/** A script that speaks says so in one of these ways. */
const speaks = /\.(?:say|prepareSpeech|text2wav|swift|speechFile)\s*\(/;

export function isSpeechUsed({ config, folder }: Pick<Survey, 'config' | 'folder'>): boolean {
  const { tts, festival, cepstral } = config.sections;
  const isSet = [tts, festival, cepstral].some((section) =>
    Object.values(section ?? {}).some((value) => given(value)),
  );
  return isSet || folder.scripts.some(({ text = '' }) => speaks.test(text));
}

/** @returns undefined where no call speaks */
export function speechFolder(survey: Pick<Survey, 'config' | 'folder' | 'user'>): string | undefined {
  if (!isSpeechUsed(survey)) return undefined;
  const { config, user } = survey;
  const named = given(config.sections.tts?.cache);
  const folder = named ?? `${config.tempdir.replace(/\/+$/, '')}/speech-${user?.uid ?? 0}`;
  return folder.replace(/(?<=.)\/+$/, '');
}
