/** An operation of Asterisk's REST interface and its parameters, as what goes over the wire. */
import { AriArgumentError } from '../ari-errors';

/** What a parameter may be: a list goes as `a,b`; undefined is left out. */
export type AriValue = string | number | boolean | undefined;

export interface AriRequest {
  readonly method: string;
  /** Below the interface's own, `/channels/1700000000.1`, each part encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** JSON; undefined where there is none. */
  readonly body: string | undefined;
  /** What the answer is, where it is not JSON. */
  readonly answer: 'json' | 'binary';
}

export interface OperationForm {
  readonly method: string;
  /** With names in braces. */
  readonly path: string;
  /** In the query, in the body (`in body`), or the body itself. */
  readonly parameters: ReadonlyMap<string, 'path' | 'query' | 'list' | 'in body' | 'body'>;
  readonly needed: readonly string[];
  /** What is sent where nothing is given. */
  readonly usual: readonly (readonly [name: string, value: string])[];
  readonly answer: 'json' | 'binary' | 'websocket';
}

/** Asterisk reads no larger body (main/http.c, MAX_CONTENT_LENGTH). */
export const MAX_BODY_BYTES = 40_960;

/** It reads no longer line (main/http.c, 4,096 with the method, the interface's own path and the version). */
const MAX_LINE_BYTES = 3800;

/** Reads a row of the table in `ari/catalog`. */
export function parseRow(row: string): OperationForm {
  const [method = '', path = '', ...words] = row.split(' ');
  const parameters = new Map<string, 'path' | 'query' | 'list' | 'in body' | 'body'>();
  const needed: string[] = [];
  const usual: [string, string][] = [];
  for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
    parameters.set(name as string, 'path');
    needed.push(name as string);
  }
  let answer: OperationForm['answer'] = 'json';
  for (const word of words) {
    if (word.startsWith('->')) {
      answer = word.slice(2) as OperationForm['answer'];
      continue;
    }
    const [, mark, name = '', kind, value] = /^(!?)(\w+)(?:(\*|\{\}|=\{\})|=(\w+))?$/.exec(word) ?? [];
    parameters.set(name, kind === '*' ? 'list' : kind === '{}' ? 'in body' : kind ? 'body' : 'query');
    if (mark) needed.push(name);
    if (value !== undefined) usual.push([name, value]);
  }
  return { method, path, parameters, needed, usual, answer };
}

/**
 * Everything but what is named as the body's goes into the path and the query: Asterisk 22.10 dies of a list in a
 * body that is none (`source` of a user event).
 * @param operation its name, for the message
 * @throws AriArgumentError for a parameter that the operation does not know, lacks, or cannot carry
 */
export function encodeOperation(
  operation: string,
  form: OperationForm,
  given: Readonly<Record<string, unknown>>,
): AriRequest {
  const where = (name: string) => `${operation}: ${name}`;
  if (typeof given !== 'object' || given === null) {
    throw new AriArgumentError(`${operation}: its parameters are one object, { name: value, … }`);
  }
  for (const name of form.needed) {
    if (given[name] === undefined) throw new AriArgumentError(`${where(name)} is needed and is not given`);
  }
  let path = form.path;
  let body: unknown;
  const query: [string, string][] = form.usual
    .filter(([name]) => given[name] === undefined)
    .map(([name, value]) => [name, value]);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    switch (form.parameters.get(name)) {
      case 'path':
        path = path.replace(`{${name}}`, () => encodeSegment(where(name), value));
        break;
      case 'query':
        query.push([name, encodeValue(where(name), value)]);
        break;
      case 'list':
        if (name === 'media') checkMedia(where(name), value);
        query.push([name, encodeList(where(name), value)]);
        break;
      case 'in body':
        body = { ...(body as object | undefined), [name]: encodeObject(where(name), value) };
        break;
      case 'body':
        body = encodeObject(where(name), value);
        break;
      default: {
        const known = [...form.parameters.keys()].join(', ') || 'none';
        throw new AriArgumentError(`${operation} has no parameter ${name}; it has ${known}`);
      }
    }
  }
  const isWhole = [...form.parameters.values()].includes('body');
  if (form.method !== 'GET' && !isWhole && !mayKill(path)) body = unburden(path, query, form, given, body);
  return {
    method: form.method,
    path,
    query,
    body: body === undefined ? undefined : encodeBody(operation, body),
    answer: form.answer === 'binary' ? 'binary' : 'json',
  };
}

/**
 * Texts too long for the line go in the body, where Asterisk looks for every parameter, too; numbers and booleans stay,
 * for there it wants them as such. @returns the body; what it gets leaves the query
 */
function unburden(
  path: string,
  query: [string, string][],
  form: OperationForm,
  given: Readonly<Record<string, unknown>>,
  body: unknown,
): unknown {
  // nine bytes are the most that a character becomes: nearly all are short, and that is known at once
  const characters = query.reduce((sum, [name, value]) => sum + name.length + value.length + 2, path.length);
  if (characters * 9 <= MAX_LINE_BYTES) return body;
  let moved = body;
  const lengthOf = () => path.length + encodeQuery(query).length;
  while (lengthOf() > MAX_LINE_BYTES) {
    const texts = query.filter(([name]) => typeof given[name] === 'string' || Array.isArray(given[name]));
    const longest = texts.sort(([, a], [, b]) => b.length - a.length)[0];
    if (!longest) break;
    const [name, value] = longest;
    query.splice(query.indexOf(longest), 1);
    const isList = form.parameters.get(name) === 'list';
    moved = { ...(moved as object | undefined), [name]: isList ? value.split(',') : value };
  }
  return moved;
}

/** A list in the body of a user event, and it was not one, kills Asterisk 22.10. */
function mayKill(path: string): boolean {
  return /^\/events\/user\//i.test(path);
}

/** A value of the query or the path. @param where for the message; the value is not shown: it may be a secret */
export function encodeValue(where: string, value: unknown): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw new AriArgumentError(`${where} ${unfit(value)}`);
  if (value.includes('\0')) throw new AriArgumentError(`${where} holds a NUL, which Asterisk cannot take`);
  // half of a pair of UTF-16 is U+FFFD in UTF-8; in a URL it would be an error
  return /[\ud800-\udfff]/.test(value) ? Buffer.from(value).toString() : value;
}

function encodeSegment(where: string, value: unknown): string {
  const text = encodeValue(where, value);
  if (text === '') throw new AriArgumentError(`${where} is empty: another operation's path would be meant`);
  // a client on the way might take dots for a way up
  return /^\.{1,2}$/.test(text) ? text.replaceAll('.', '%2E') : encodeURIComponent(text);
}

function encodeList(where: string, value: unknown): string {
  if (!Array.isArray(value)) return encodeValue(where, value);
  return value
    .map((item) => {
      const text = encodeValue(where, item);
      if (text.includes(','))
        throw new AriArgumentError(`${where} has an item with a comma, which parts items`);
      return text;
    })
    .join(',');
}

/** Asterisk takes a media without a scheme, plays nothing, and never says so (res_stasis_playback.c). */
function checkMedia(where: string, value: unknown): void {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  for (const item of items) {
    if (typeof item !== 'string' || /^\w+:/.test(item)) continue;
    throw new AriArgumentError(
      `${where} is ${JSON.stringify(item)}, without a scheme: sound:${item || 'NAME'}, recording:NAME, digits:12 …`,
    );
  }
}

function encodeObject(where: string, value: unknown): object {
  // a Promise, a Map or a Date would be `{}` to Asterisk
  if (/^\[object (?:Object|Array)\]$/.test(Object.prototype.toString.call(value))) return value as object;
  const hint = value instanceof Promise ? ', and is a Promise: is an `await` missing?' : '';
  throw new AriArgumentError(`${where} must be an object${hint}`);
}

function encodeBody(where: string, body: unknown): string {
  let text: string | undefined;
  let problem = 'it is none';
  try {
    text = JSON.stringify(body);
  } catch (error) {
    problem = (error as Error).message.split('\n')[0] as string;
  }
  if (text === undefined) throw new AriArgumentError(`${where}: the body is no JSON: ${problem}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BODY_BYTES) {
    throw new AriArgumentError(
      `${where}: a body of ${bytes} bytes, and Asterisk reads ${MAX_BODY_BYTES} at most`,
    );
  }
  return text;
}

/** JavaScript lets anything through; Asterisk would be told `[object Promise]`. */
function unfit(value: unknown): string {
  if (value instanceof Promise) return 'is a Promise: is an `await` missing?';
  const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
  return `must be a text, a number or a boolean, and is ${typeof value === 'number' ? value : kind}`;
}

/** `?a=b&c=d`, or nothing. */
export function encodeQuery(query: AriRequest['query']): string {
  if (query.length === 0) return '';
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `?${pairs.join('&')}`;
}

/** What a request of your own making has beside its path. */
export interface RawRequest {
  readonly query?: Readonly<Record<string, AriValue | readonly string[]>> | undefined;
  /** What becomes the body, as JSON. */
  readonly body?: unknown;
  /** The answer's bytes, whatever they are, in the place of JSON. */
  readonly binary?: boolean | undefined;
}

/**
 * A request of the caller's own making.
 * @param path below the interface's own, encoded as it is to be sent
 * @throws AriArgumentError for what no HTTP request can carry, and for what is known to kill an Asterisk
 */
export function encodeRaw(
  method: string,
  path: string,
  { query = {}, body, binary }: RawRequest,
): AriRequest {
  if (!/^[A-Z]+$/.test(method)) throw new AriArgumentError(`${JSON.stringify(method)} is no HTTP method`);
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[?#]/.test(path)) {
    throw new AriArgumentError(`${JSON.stringify(path)} is no path such as /channels: encode its parts`);
  }
  if (mayKill(path) && typeof body === 'object' && body !== null && 'source' in body) {
    throw new AriArgumentError(
      'the source of a user event goes in the query: in the body it kills Asterisk 22',
    );
  }
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, encodeList(name, value)]],
  );
  return {
    method,
    path,
    query: pairs,
    body: body === undefined ? undefined : encodeBody(path, body),
    answer: binary ? 'binary' : 'json',
  };
}
