/** Words with values in them, and the command lines of the configuration's that are made of such words. */
import type { Engine } from './engines';
import type { SpeechSettings } from './settings';

/** The engine that `[tts] command` is. @throws AgiSpeechError where there is none */
export function templateEngine(settings: SpeechSettings): Engine {
  if (settings.command === undefined) throw problems().noCommand(settings);
  const [program = '', ...words] = splitWords(settings.command);
  const uses = (placeholder: string) => words.some((word) => word.includes(placeholder));
  return {
    name: 'command',
    program,
    install: 'what [tts] command names',
    words,
    ...(uses('{voice}') ? { voice: [], voiceNeeded: '[tts] command has {voice} in it' } : {}),
    ...(uses('{language}') ? { language: [] } : {}),
    ...(uses('{rate}') || uses('{stretch}') ? { rate: [] } : {}),
    usualRate: 22_050,
  };
}

/** The command that takes a file to Asterisk, without a shell, too. */
export function copyCommand(
  line: string,
  values: { readonly file: string; readonly name: string; readonly folder: string },
): string[] {
  return splitWords(line).map((word) => fill(word, values));
}

/** At spaces, but for those between quotes of either kind. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g))
    words.push(word.replace(/"([^"]*)"?|'([^']*)'?/g, (_, double = '', single = '') => double + single));
  return words;
}

/** Values are not looked into again: `{file}` in a text is text. */
export function fill(word: string, values: Readonly<Record<string, string>>): string {
  return word.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}

// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
