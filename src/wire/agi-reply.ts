/**
 * Lines to replies. What Asterisk sends is described in res_agi.c (agi_handle_command and the handlers).
 */

/** One reply of Asterisk's, taken apart; nothing is lost: `text` is what came. */
export interface AgiReply {
  /** 200, 510, 511, 520. */
  readonly code: number;
  /** What stands behind `result=`: a number for most commands, digits for GET DATA; empty where there is none. */
  readonly result: string;
  /** The value in parentheses of a command that answers with one, as it was set; undefined where there is none. */
  readonly value: string | undefined;
  /** The word in parentheses behind the result: `timeout`, `hangup`, `dtmf`, `speech` … */
  readonly word: string | undefined;
  /** `endpos=1234` and the like. */
  readonly fields: Readonly<Record<string, string>>;
  /** The usage text of a 520 block. */
  readonly usage: string | undefined;
  /** The reply as it came, its lines joined by LF. */
  readonly text: string;
}

export type AgiInput =
  | { readonly type: 'reply'; readonly reply: AgiReply }
  | { readonly type: 'hangup' }
  | { readonly type: 'junk'; readonly text: string };

const valueCommands = /^\s*(?:GET\s+(?:FULL\s+)?VARIABLE|DATABASE\s+GET|RECEIVE\s+TEXT)\b/i;

/** Before Asterisk 13.17 and 15 it may be glued to the usage text. */
const usageEnd = /520 End of proper usage\.\s*$/;

/** Whether the reply to this command line holds a value of any text in its parentheses. */
export function carriesValue(command: string): boolean {
  return valueCommands.test(command);
}

/** A reply takes at most this much; Asterisk's own values stay far below. */
export const MAX_REPLY_BYTES = 1 << 20;

export class ReplyDecoder {
  #held = '';
  /** What goes on over several lines. */
  #holds: 'usage' | 'value' | undefined;
  #expectsValue = false;
  #valueEnd = ')';

  /**
   * Says which command was sent, for its reply decides where a value ends.
   * @param mark what the value ends in, where it may hold anything before
   */
  expect(command: string, mark = ''): void {
    this.#expectsValue = carriesValue(command);
    this.#valueEnd = `${mark})`;
  }

  /** Whether a reply has begun and not ended. */
  get inside(): boolean {
    return this.#held !== '';
  }

  /** The text of the reply that has begun and not ended. */
  get held(): string {
    return this.#held;
  }

  /**
   * What this line completes, if anything.
   * @throws AgiProtocolError for a reply that grows without end
   */
  push(line: string): AgiInput | undefined {
    if (this.#held === '') {
      if (line === 'HANGUP') return { type: 'hangup' };
      if (!/^\d{3}[ -]/.test(line)) return { type: 'junk', text: line };
      // GOSUB says so before its real reply
      if (line.startsWith('100 ')) return undefined;
    }
    if (this.#held === '') this.#holds = this.#beginningOf(line);
    const text = this.#held === '' ? line : this.#held + '\n' + line;
    if (text.length > MAX_REPLY_BYTES) {
      throw problems().replyTooLong(MAX_REPLY_BYTES, text);
    }
    // by the line alone: to look at the whole text with each line would take quadratic time
    if (
      this.#holds === 'usage'
        ? !usageEnd.test(line)
        : this.#holds === 'value' && !line.endsWith(this.#valueEnd)
    ) {
      this.#held = text;
      return undefined;
    }
    this.#held = '';
    return { type: 'reply', reply: parseReply(text, this.#expectsValue) };
  }

  #beginningOf(line: string): 'usage' | 'value' | undefined {
    if (line.startsWith('520-')) return 'usage';
    return this.#expectsValue && /^200 result=\S* \(/.test(line) ? 'value' : undefined;
  }
}

/** @param hasValue whether the parentheses hold a value of any text, which ends at the last `)` */
export function parseReply(text: string, hasValue: boolean): AgiReply {
  const code = Number(text.slice(0, 3));
  if (code === 520) return reply({ code, text, usage: usageOf(text) });
  const result = /^\d{3} result=(\S*)/.exec(text);
  if (!result) return reply({ code, text });
  const rest = text.slice(result[0].length);
  if (hasValue) {
    const value = rest.startsWith(' (') && rest.endsWith(')') ? rest.slice(2, -1) : undefined;
    return reply({ code, text, result: result[1] as string, value });
  }
  const fields: Record<string, string> = {};
  for (const [, key, quoted, bare] of rest.matchAll(/\b([A-Za-z]\w*)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    fields[key as string] = quoted ?? bare ?? '';
  }
  return reply({ code, text, result: result[1] as string, word: /^ \(([^)]*)\)/.exec(rest)?.[1], fields });
}

function reply(parts: Partial<AgiReply> & { code: number; text: string }): AgiReply {
  return { result: '', value: undefined, word: undefined, fields: {}, usage: undefined, ...parts };
}

function usageOf(text: string): string | undefined {
  if (!text.startsWith('520-')) return undefined;
  const lines = text.replace(usageEnd, '').split('\n');
  return lines.slice(1).join('\n').trim();
}

// what never comes from an Asterisk
const problems = (): typeof import('./problems') => require('./problems');
