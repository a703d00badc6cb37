/** A menu: a prompt for each choice, and the key of one of them. */
import { AgiArgumentError } from '../errors';
import { checkOptions, inRange } from './options';
import type { Digit } from './outcome';
import { type Prompt, withSpoken } from './prompt';
import type { TypeAhead } from './type-ahead';

/**
 * Keys and their prompts; one that begins with `*` is a text to speak, as in phpAGI. An object's keys come in
 * JavaScript's own order (digits first, in theirs); a Map or a list of pairs keeps the order in which they stand.
 */
export type MenuChoices = { readonly [K in Digit]?: Prompt } | Iterable<readonly [Digit, Prompt]>;

/** The keys of a menu's choices. */
export type MenuKey<C extends MenuChoices> =
  C extends Iterable<readonly [infer K extends Digit, Prompt]>
    ? K
    : Extract<`${keyof C & (string | number)}`, Digit>;

/** What `menu` takes beside its choices. */
export interface MenuOptions {
  /** Before the choices, and cut short by a key like them. */
  readonly greeting?: Prompt | undefined;
  /** Behind the choices, when it is the caller's turn; `beep`, as phpAGI has it, and `''` for nothing. */
  readonly beep?: Prompt | undefined;
  /** How long to wait for a key behind the prompts; 2000. */
  readonly timeoutMs?: number | undefined;
  /** How often the menu is gone through; 3. `Infinity` asks for ever, as phpAGI does. */
  readonly attempts?: number | undefined;
  /** Played when a try has failed. */
  readonly messages?:
    | {
        /** No key came. */
        readonly timeout?: Prompt | undefined;
        /** A key that stands for no choice. */
        readonly invalid?: Prompt | undefined;
      }
    | undefined;
}

/** What became of a menu: a choice, or why there is none. */
export type MenuOutcome<K extends Digit = Digit> =
  /** The key, a text: `'1'`, also where the choices are written `{ 1: … }`. */
  | { readonly outcome: 'choice'; readonly choice: K }
  /** No key at the last try. */
  | { readonly outcome: 'timeout' }
  /** A key without a choice at the last try. */
  | { readonly outcome: 'invalid'; readonly digit: Digit };

export async function askMenu<C extends MenuChoices>(
  buffer: TypeAhead,
  choices: C,
  options: MenuOptions,
): Promise<MenuOutcome<MenuKey<C>>> {
  checkOptions('menu', options, {
    greeting: true,
    beep: true,
    timeoutMs: true,
    attempts: true,
    messages: true,
  });
  const { greeting = '', beep = 'beep', timeoutMs = 2000, attempts = 3, messages = {} } = options;
  checkOptions('menu: messages', messages, { timeout: true, invalid: true });
  if (attempts !== Number.POSITIVE_INFINITY) inRange('menu: attempts', attempts, 1, 1000);
  inRange('menu: timeoutMs', timeoutMs, 0, 0x7fff_ffff);
  if (typeof choices !== 'object' || choices === null)
    throw new AgiArgumentError('menu: there is no choice in it');
  const pairs = pairsOf(choices);
  const keys = pairs.map(([key]) => key).join('');
  const prompts = [greeting, ...pairs.map(([, prompt]) => prompt)].map(withSpoken);
  let outcome: MenuOutcome<MenuKey<C>> = { outcome: 'timeout' };
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // a key that waits and is no choice would come out as the caller's answer to prompts that he hears to their end
    while (buffer.digits !== '' && !keys.includes(buffer.digits.charAt(0))) buffer.take();
    await buffer.play(prompts, { escapeDigits: keys });
    await buffer.play(withSpoken(beep));
    const pressed = await buffer.waitForDigit(timeoutMs);
    if (pressed.outcome === 'digit') {
      const choice = pairs.find(([key]) => key === pressed.digit)?.[0];
      if (choice !== undefined) return { outcome: 'choice', choice: choice as MenuKey<C> };
      buffer.clear();
      outcome = { outcome: 'invalid', digit: pressed.digit };
    } else outcome = pressed;
    await buffer.play(withSpoken(messages[outcome.outcome] ?? ''));
  }
  return outcome;
}

function pairsOf(choices: MenuChoices): (readonly [Digit, Prompt])[] {
  const pairs =
    Symbol.iterator in choices ? Array.from(choices) : (Object.entries(choices) as [Digit, Prompt][]);
  if (pairs.length === 0) throw new AgiArgumentError('menu: there is no choice in it');
  for (const [key] of pairs) {
    if (!/^[0-9*#A-D]$/.test(key))
      throw new AgiArgumentError(`menu: ${JSON.stringify(key)} is no key of a phone (0 to 9, *, #, A to D)`);
  }
  const twice = pairs.find(([key], at) => pairs.some(([other], before) => before < at && other === key));
  if (twice) throw new AgiArgumentError(`menu: key ${twice[0]} stands for two choices`);
  return pairs;
}
