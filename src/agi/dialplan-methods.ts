/** What scripts do by the dialplan's applications and functions rather than by a command of AGI's own. */
import type { Ami, AmiOptions } from '../ami/ami';
import type { Ari, AriOptions } from '../ari/ari';
import { AgiArgumentError, AgiError } from '../errors';
import { type AgiArgument, checkArgument, encodeArgument, encodeCommand } from '../wire/agi-command';
import { type CallerId, parseCallerId } from '../wire/caller-id';
import { escapeArgument } from '../wire/dialplan';
import { optional } from './command-forms';
import { type Commander, commander } from './commander';
import { Commands } from './commands';
import { checkOptions, inRange } from './options';
import type { Ask } from './session';

/** How a call that was dialled has ended: Asterisk's DIALSTATUS. */
export interface DialOutcome {
  readonly status:
    | 'ANSWER'
    | 'BUSY'
    | 'NOANSWER'
    | 'CANCEL'
    | 'CONGESTION'
    | 'CHANUNAVAIL'
    | 'DONTCALL'
    | 'TORTURE'
    | 'INVALIDARGS';
  /** How long it was answered, in seconds. */
  readonly answeredSeconds: number;
}

/** What became of an AGI script: Asterisk's AGISTATUS. */
export type AgiStatus = 'SUCCESS' | 'FAILURE' | 'NOTFOUND' | 'HANGUP';

export abstract class DialplanMethods extends Commands {
  abstract override readonly [commander]: Commander;
  abstract exec(application: string, ...args: AgiArgument[]): Promise<number>;
  abstract getVariable(name: string): Promise<string | undefined>;
  abstract setVariable(name: string, value: AgiArgument): Promise<void>;
  abstract verbose(message: unknown, level?: number): Promise<void>;

  /**
   * Calls someone, and comes back when that call has ended, with what became of it. A caller who hangs up
   * meanwhile ends it with AgiHangupError.
   * @param destination `PJSIP/alice`, several joined by `&`, as dialplan text; or a list, each of which is
   * one destination whatever it holds
   * @param options.timeoutSeconds how long to let it ring; for ever where it is left out
   * @param options.flags Dial()'s own options, `tTm`
   */
  async dial(
    destination: string | readonly string[],
    options: { timeoutSeconds?: number | undefined; flags?: string | undefined } = {},
  ): Promise<DialOutcome> {
    checkOptions('dial', options, { timeoutSeconds: true, flags: true });
    const { timeoutSeconds, flags } = options;
    if (timeoutSeconds !== undefined) inRange('dial: timeoutSeconds', timeoutSeconds, 1, 2_000_000);
    if (!Array.isArray(destination)) checkArgument(destination as string, 'dial');
    const text = typeof destination === 'string' ? destination : destination.map(oneDestination).join('&');
    if (!text) throw new AgiArgumentError('dial: there is no destination');
    // a NUL is the mark of a value's dollar sign further on
    for (const part of [destination, flags ?? ''].flat()) encodeArgument(part, 'dial');
    return this[commander].session.turn(async (ask) => {
      await execute(this[commander], ask, 'Dial', optional(text, timeoutSeconds, flags));
      const status = (await statusOf(ask, 'DIALSTATUS')) as DialOutcome['status'];
      const answered = await statusOf(ask, 'ANSWEREDTIME');
      return { status: status || 'INVALIDARGS', answeredSeconds: Number(answered) };
    });
  }

  /**
   * A client of Asterisk's manager, by what `[asmanager]` in the configuration says; the same one when it is asked
   * for again. It ends with the call, and keeps no script from ending while nothing is awaited of it. It does not
   * come back where the connection is lost, unless `reconnect` says so.
   * @param options go before those of the configuration; they count when it is first asked for
   * @throws RefusedError where no user or secret is configured; else as `Ami.connect` in `fastagi/ami`
   */
  async manager(options: Partial<AmiOptions> = {}): Promise<Ami> {
    return managers().managerOf(this[commander], options);
  }

  /**
   * The REST interface of Asterisk that the configuration names in `[ari]`, as `fastagi/ari` has it: requests of all
   * kinds, also behind a hangup. The same one each time it is asked for in a call; `options` matter the first time.
   * @throws RefusedError where neither the configuration nor `options` names a user and a password
   */
  ari(options: Partial<AriOptions> = {}): Ari {
    return clients().ariOf(this[commander], options);
  }

  /** Where the dialplan goes on when the script has ended. */
  goto(context: string, extension = 's', priority: string | number = 1): Promise<void> {
    return this[commander].session.turn(async (ask) => {
      await ask(encodeCommand('SET CONTEXT', [context]));
      await ask(encodeCommand('SET EXTENSION', [extension]));
      await ask(encodeCommand('SET PRIORITY', [priority]));
    });
  }

  /** Sets a variable for all channels. */
  setGlobalVariable(name: string, value: AgiArgument): Promise<void> {
    return this.setVariable(`GLOBAL(${name})`, value);
  }

  /** The language of the sounds that are played from here on, `de`. */
  setLanguage(language: string): Promise<void> {
    return this.setVariable('CHANNEL(language)', language);
  }

  /** Ends the call so many seconds from now, whatever it does then; 0: no more. */
  async setAbsoluteTimeout(seconds: number): Promise<void> {
    inRange('setAbsoluteTimeout', seconds, 0, 0x7fff_ffff);
    return this.setVariable('TIMEOUT(absolute)', seconds);
  }
  /** Runs another AGI script on this call, to its end. @param script as in the dialplan: `agi://HOST/SCRIPT` */
  async execAgi(script: string, ...args: AgiArgument[]): Promise<AgiStatus> {
    for (const arg of args) checkArgument(arg, 'execAgi');
    const words = [script, ...args].map((arg) => asData(String(arg)));
    return this[commander].session.turn(async (ask) => {
      await execute(this[commander], ask, 'AGI', words);
      return ((await statusOf(ask, 'AGISTATUS')) || 'FAILURE') as AgiStatus;
    });
  }

  /** The account that the call's records are charged to. */
  setAccountCode(accountCode: string): Promise<void> {
    return this.setVariable('CHANNEL(accountcode)', accountCode);
  }

  /**
   * Looks a telephone number up in the domain name system (ENUM), by Asterisk's module func_enum.
   * @param number `+4930123456`
   * @param options.service `sip`, `tel`, `mailto` …, or `ALL`
   * @param options.zone `e164.arpa`
   * @returns the first address, `alice@example.org` for `sip`; undefined where there is none
   * @throws AgiError with code `AGI_NO_FUNCTION` where Asterisk has not loaded that module
   * @throws AgiArgumentError for what is no number, service or zone: it would be dialplan code
   */
  async enumLookup(
    number: string,
    options: { service?: string | undefined; zone?: string | undefined } = {},
  ): Promise<string | undefined> {
    checkOptions('enumLookup', options, { service: true, zone: true });
    const { service = 'sip', zone = 'e164.arpa' } = options;
    if (!/^\+?\d+$/.test(number) || !/^[\w+:]+$/.test(service) || !/^[\w.-]+$/.test(zone)) {
      throw new AgiArgumentError(
        `enumLookup: a number is + and digits, a service and a zone are words: ${JSON.stringify([number, service, zone])}`,
      );
    }
    const address = await this.getVariable(`ENUMLOOKUP(${number},${service},,1,${zone})`);
    // a function that Asterisk does not have gives nothing, like a number that nobody has registered
    if (!address && (await this.getVariable('IFMODULE(func_enum.so)')) !== '1') {
      throw new AgiError(
        'AGI_NO_FUNCTION',
        'this Asterisk has no function ENUMLOOKUP: its module func_enum.so is not loaded (modules.conf)',
      );
    }
    return address || undefined;
  }

  /** The parts of a caller id. @param callerId `"Jo Do" <sip:100@pbx.example>`; this caller's where it is left out */
  parseCallerId(callerId?: string): CallerId {
    // a number of a database's may be one
    return parseCallerId(String(callerId ?? this[commander].session.request.callerId ?? ''));
  }

  /** As `verbose`, but only where `debug` is on in the configuration. */
  async conlog(message: unknown, level = 1): Promise<void> {
    if (this[commander].belongings.config?.debug) await this.verbose(message, level);
  }
}

/** An application, in a turn that goes on. */
async function execute(
  it: Commander,
  ask: Ask,
  application: string,
  args: readonly AgiArgument[],
): Promise<void> {
  const text = await templates().settleDollars(ask, args.join(','));
  const reply = await ask(encodeCommand('EXEC', [application, text]), { secret: it.secret });
  await it.executed(application, reply, ask);
}

/** A status that the application has just set: a word or a number, which a plain reply tells exactly. */
async function statusOf(ask: Ask, name: string): Promise<string> {
  return (await ask(encodeCommand('GET VARIABLE', [name]))).value ?? '';
}

/** One destination of several: nothing in it may begin another one. */
function oneDestination(destination: string): string {
  checkArgument(destination, 'dial');
  if (destination.includes('&')) {
    throw new AgiArgumentError(
      `dial: ${JSON.stringify(destination)} holds &, which would make another destination of the rest: name each by itself`,
    );
  }
  return asData(destination);
}

/** Text that is no dialplan, neither to the application nor to EXEC itself. */
function asData(value: string): string {
  // refused before its dollar signs are marked by what nothing else may hold
  if (value.includes('\0')) encodeArgument(value);
  return templates().markDollars(escapeArgument(value));
}

// applications in which values are data
const templates = (): typeof import('./exec-template') => require('./exec-template');
// what opens a file of its own
const clients = (): typeof import('../ari/call-client') => require('../ari/call-client');
// the manager's client, which brings sockets with it
const managers = (): typeof import('../ami/call-manager') => require('../ami/call-manager');
