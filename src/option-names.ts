/**
 * Options have names, and one that nobody reads would be passed over in silence: `{ timeout: 5 }` where it is
 * `timeoutMs`. TypeScript tells; to a script in JavaScript it is told here. So have the keys of a configuration.
 */
import { misspeltName, nearestName } from './nearest-name';

/** The names of options of type `O`: each of them. */
export type OptionNames<O> = { readonly [Name in keyof O]-?: true };

/** Makes of `Names` a type that only the names of `O`, and none beside them, have. */
export type OnlyNames<O, Names> = Names & { readonly [Name in Exclude<keyof Names, keyof O>]: never };

/**
 * The first name that is none of these, and is one of them misspelt that is not there. What describes a thing (a
 * caller) may be a row of a database, with more columns than are read: TypeScript lets those pass, and so does this.
 */
export function misspeltIn(described: object, names: object): string | undefined {
  const values = described as Record<string, unknown>;
  const absent = Object.keys(names).filter((name) => values[name] === undefined);
  for (const name in described) {
    if (values[name] === undefined || Object.hasOwn(names, name)) continue;
    if (misspeltName(name, absent) !== undefined) return name;
  }
  return undefined;
}

/**
 * The first name that is none of these and says something. Passed over are what is undefined, as where it is not given;
 * the methods of what the options are made from; and what somebody has given to all objects.
 */
export function strangerIn(options: object, names: object): string | undefined {
  for (const name in options) {
    if (Object.hasOwn(names, name) || name in Object.prototype) continue;
    const value = (options as Record<string, unknown>)[name];
    const isMethod = typeof value === 'function' && !Object.hasOwn(options, name);
    if (value !== undefined && !isMethod) return name;
  }
  return undefined;
}

/**
 * What is wrong with a listener that somebody wants called, and with what it is for; undefined where nothing is. Later,
 * when there is something to be told, nobody would know any more who has forgotten it.
 * @param name null where there is only one thing to listen for
 */
export function listenerProblem(what: string, name: unknown, listener: unknown): string | undefined {
  if ((typeof name === 'string' || name === null) && typeof listener === 'function') return undefined;
  if (name === null) return `${what} takes a function that is called when there is something to tell`;
  return `${what} takes the name of what is listened for, '*' for all, and a function that is called for it`;
}

/** So many names are not read by those who know which one they meant. */
const MANY = 12;

/** `getData has no option "timeout"; did you mean timeoutMs? It has timeoutMs, maxDigits, secret` */
export function noSuchOption(what: string, name: string, names: object): string {
  const known = Object.keys(names);
  const meant = nearestName(name, known);
  const told = `${what} has no option ${JSON.stringify(name.slice(0, 60))}`;
  if (meant === undefined) return `${told}: it has ${known.join(', ')}`;
  const others = known.length > MANY ? '' : ` It has ${known.join(', ')}`;
  return `${told}; did you mean ${meant}?${others}`;
}

/** `/etc/asterisk/fastagi.conf: [tts] voyce: there is no such key (did you mean voice?), and it is passed over; known …` */
export function noSuchKey(where: string, key: string, names: readonly string[]): string {
  const meant = nearestName(key, names);
  const guess = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return `${where} ${key}: there is no such key${guess}, and it is passed over; known here: ${names.join(', ')}`;
}
