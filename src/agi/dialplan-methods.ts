/** What scripts do by the dialplan's applications and functions rather than by a command of AGI's own. */
import { type AgiArgument, encodeCommand } from '../wire/agi-command';
import { optional } from './command-forms';
import { type Commander, checkOptions, commander, inRange } from './commander';
import { Commands } from './commands';

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

export abstract class DialplanMethods extends Commands {
  abstract override readonly [commander]: Commander;
  abstract exec(application: string, ...args: AgiArgument[]): Promise<number>;
  abstract getVariable(name: string): Promise<string | undefined>;
  abstract setVariable(name: string, value: AgiArgument): Promise<void>;

  /**
   * Calls someone, and comes back when that call has ended, with what became of it. A caller who hangs up
   * meanwhile ends it with AgiHangupError.
   * @param destination `PJSIP/alice`, several joined by `&`
   * @param options.timeoutSeconds how long to let it ring; for ever where it is left out
   * @param options.flags Dial()'s own options, `tTm`
   */
  async dial(
    destination: string,
    options: { timeoutSeconds?: number; flags?: string } = {},
  ): Promise<DialOutcome> {
    checkOptions('dial', options);
    const { timeoutSeconds, flags } = options;
    if (timeoutSeconds !== undefined) inRange('dial: timeoutSeconds', timeoutSeconds, 1, 2_000_000);
    await this.exec('Dial', ...optional(destination, timeoutSeconds, flags));
    const status = (await this.getVariable('DIALSTATUS')) as DialOutcome['status'] | undefined;
    const answered = await this.getVariable('ANSWEREDTIME');
    return { status: status ?? 'INVALIDARGS', answeredSeconds: Number(answered || 0) };
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
}
