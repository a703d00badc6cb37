/** What several commands have in common: their arguments, and how they say that all went well. */
import { AgiArgumentError } from '../errors';
import type { AgiArgument } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { Commander } from './commander';
import { commandFailed } from './failures';
import { inRange } from './options';
import { digitOf, numberOf, type SayOutcome } from './outcome';

/** The least and the most of what Asterisk reads into 32 bits. */
export const INT = [-0x8000_0000, 0x7fff_ffff] as const;

/** What all that is said has in common. */
export function say(it: Commander, name: string, args: readonly AgiArgument[]): Promise<SayOutcome> {
  return it.run(name, args, async (reply, ask): Promise<SayOutcome> => {
    const result = numberOf(reply);
    if (result < 0) await it.failed(name, reply, ask);
    return result === 0 ? { outcome: 'complete' } : { outcome: 'digit', digit: digitOf(reply) };
  });
}

/** Arguments up to the last one that is given. */
export function optional(...args: (AgiArgument | undefined)[]): AgiArgument[] {
  let end = args.length;
  while (end > 0 && args[end - 1] === undefined) end--;
  return args.slice(0, end).map((arg) => arg ?? '');
}

export function succeed(command: string, reply: AgiReply): void {
  if (numberOf(reply) !== 1) throw commandFailed(command, reply);
}

/** @throws AgiArgumentError for a moment that Asterisk cannot read into 32 bits */
export function epochSeconds(what: string, time: Date | number): number {
  if (typeof time !== 'number' && !(time instanceof Date)) {
    throw new AgiArgumentError(
      `${what}: a moment is a Date, or seconds since 1970, and this is ${time === null ? 'null' : typeof time}`,
    );
  }
  // what Date.now() gives, as late as PHP's time() is never
  if (typeof time === 'number' && Number.isInteger(time) && time > INT[1]) {
    throw new AgiArgumentError(
      `${what} is ${time}: a moment is a Date, or seconds since 1970, and these look like milliseconds: new Date(…) takes them`,
    );
  }
  const seconds = typeof time === 'number' ? time : Math.floor(time.getTime() / 1000);
  inRange(what, seconds, ...INT);
  return seconds;
}
