/**
 * One message of Asterisk's manager: header lines in order, repeated ones too. It is taken apart when it is first
 * asked for a header: in a flood of events, those that nobody listens to cost next to nothing.
 */

/** Header to value; a header that comes more than once has a list. */
export type AmiObject = Record<string, string | string[]>;

/**
 * A message of Asterisk's: headers, each of which may come more than once. Their names are compared as Asterisk
 * does, without regard to capitals.
 */
export class AmiMessage<Header extends string = string> {
  /** The header lines as they came, without the empty line that ends them. */
  readonly text: string;
  #parts: string[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The first header of this name, else the first that is it in another case; undefined where there is none. */
  get(name: Header | (string & {})): string | undefined {
    return look(this.text, name) ?? lookInAnyCase(this.text, name);
  }

  /** Every header of this name, in order. */
  all(name: Header | (string & {})): string[] {
    const parts = this.#take();
    const values: string[] = [];
    const lower = name.toLowerCase();
    for (let at = 0; at < parts.length; at += 2) {
      if (parts[at] === name || parts[at]?.toLowerCase() === lower) values.push(parts[at + 1] as string);
    }
    return values;
  }

  /** All headers in order, as they came. A line that is no header has the name ''. */
  get headers(): [name: string, value: string][] {
    const parts = this.#take();
    const headers: [string, string][] = [];
    for (let at = 0; at < parts.length; at += 2) headers.push([parts[at] as string, parts[at + 1] as string]);
    return headers;
  }

  /** All headers as an object, for `JSON.stringify`. */
  toJSON(): AmiObject {
    const parts = this.#take();
    const object: AmiObject = Object.create(null);
    for (let at = 0; at < parts.length; at += 2) {
      const name = parts[at] as string;
      const value = parts[at + 1] as string;
      const before = object[name];
      if (before === undefined) object[name] = value;
      else if (typeof before === 'string') object[name] = [before, value];
      else before.push(value);
    }
    return object;
  }

  /** Name, value, name, value … in one list: an object for each header would cost more than all the rest. */
  #take(): string[] {
    if (this.#parts) return this.#parts;
    const { text } = this;
    const parts: string[] = [];
    let colon = -1;
    for (let start = 0; start < text.length; ) {
      let end = text.indexOf('\r\n', start);
      if (end === -1) end = text.length;
      // looked for once, not in each line that has none: a hostile message must not take quadratic time
      if (colon < start) colon = text.indexOf(':', start);
      if (colon === -1) colon = text.length;
      if (colon >= end) parts.push('', text.slice(start, end));
      else {
        const value = text.charCodeAt(colon + 1) === 32 && colon + 1 < end ? colon + 2 : colon + 1;
        parts.push(text.slice(start, colon), text.slice(value, end));
      }
      start = end + 2;
    }
    this.#parts = parts;
    return parts;
  }
}

/** The value of the first line that begins with just this name; undefined where none does. */
function look(text: string, name: string): string | undefined {
  const { length } = name;
  if (length === 0) return undefined;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + length)) {
    let value = at + length;
    if (text.charCodeAt(value) !== 58) continue;
    if (at > 0 && (text.charCodeAt(at - 1) !== 10 || text.charCodeAt(at - 2) !== 13)) continue;
    const end = text.indexOf('\r\n', value);
    if (text.charCodeAt(++value) === 32) value++;
    return end === -1 ? text.slice(value) : text.slice(value, end);
  }
  return undefined;
}

function lookInAnyCase(text: string, name: string): string | undefined {
  const { length } = name;
  let lower: string | undefined;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\r\n', start);
    const end = found === -1 ? text.length : found;
    if (text.charCodeAt(start + length) === 58 && start + length < end) {
      lower ??= name.toLowerCase();
      if (text.slice(start, start + length).toLowerCase() === lower) {
        const value = start + length + 1;
        return text.slice(value + (text.charCodeAt(value) === 32 && value < end ? 1 : 0), end);
      }
    }
    start = end + 2;
  }
  return undefined;
}

/** Something has happened. */
export class AmiEvent<
  Name extends string = string,
  Header extends string = string,
> extends AmiMessage<Header> {
  #name: Name | undefined;

  /** Hangup, Newchannel … */
  get name(): Name {
    if (this.#name === undefined) {
      const end = this.text.indexOf('\r\n');
      this.#name = this.text.slice('Event:'.length, end === -1 ? undefined : end).trim() as Name;
    }
    return this.#name;
  }
}

/** The answer to an action. */
export class AmiResponse extends AmiMessage {
  /** Success, Error, Goodbye … */
  get status(): string {
    return this.get('Response') ?? '';
  }

  /** Whether the action was taken. */
  get ok(): boolean {
    return this.status.toLowerCase() !== 'error';
  }
}

/**
 * The first header says what a message is: an OriginateResponse is an event that carries a `Response` further down.
 * Undefined for what is neither.
 */
export function toMessage(text: string): AmiEvent | AmiResponse | undefined {
  if (text.startsWith('Event:')) return new AmiEvent(text);
  if (text.startsWith('Response:')) return new AmiResponse(text);
  if (/^event:/i.test(text)) return new AmiEvent(text);
  return /^response:/i.test(text) ? new AmiResponse(text) : undefined;
}
