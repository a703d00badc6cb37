/** A call that Asterisk is told to make, and what became of it. */
import { AmiArgumentError } from '../ami-errors';
import type { AmiFields, AmiValue } from '../wire/ami-action';
import type { AmiEvent } from '../wire/ami-message';
import { checkNames, originateNames } from './option-names';

/** Whom to call, and what that call is connected with. */
export interface OriginateOptions {
  /** Whom to call: `PJSIP/alice`, `Local/200@office`. */
  readonly channel: string;
  /** Where in the dialplan the call goes on once it is answered; or an application, see below. */
  readonly context?: string | undefined;
  readonly extension?: string | undefined;
  readonly priority?: string | number | undefined;
  /** The application that the call goes to once it is answered, with its arguments in `data`. */
  readonly application?: string | undefined;
  readonly data?: string | undefined;
  /** How long to let it ring; 30,000. */
  readonly timeoutMs?: number | undefined;
  /** What the callee sees: a number, or `"Jo Do" <123>`. */
  readonly callerId?: string | undefined;
  /** Variables of the channel, of any text but newlines. */
  readonly variables?: Readonly<Record<string, AmiValue | undefined>> | undefined;
  readonly account?: string | undefined;
  /** Codecs, in order: `['ulaw', 'alaw']`. */
  readonly codecs?: readonly string[] | undefined;
  /** Whether it goes on as soon as there is sound, before the callee answers. */
  readonly earlyMedia?: boolean | undefined;
  /** The unique id that the channel gets. */
  readonly channelId?: string | undefined;
  /** The unique id of the other half of a Local channel. */
  readonly otherChannelId?: string | undefined;
  /** Gives up waiting; the call goes on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What became of it. `answered`: `channel` and `uniqueId` name the call. Else: `busy`, `unanswered` (it rang in vain),
 * `congestion`, `hangup` (the callee ended it before it was answered), or `failed`, for all that Asterisk cannot tell
 * apart: no such extension or device, nobody registered there, a number refused.
 */
export type OriginateOutcome =
  | {
      readonly outcome: 'answered';
      readonly channel: string;
      readonly uniqueId: string;
      readonly event: AmiEvent;
    }
  | {
      readonly outcome: 'busy' | 'unanswered' | 'congestion' | 'hangup' | 'failed';
      readonly event: AmiEvent;
    };

/** The last control frame that was seen, by its number in asterisk/frame.h. */
const reasons = new Map<string, 'busy' | 'unanswered' | 'congestion' | 'hangup'>([
  ['1', 'hangup'],
  ['3', 'unanswered'],
  ['5', 'busy'],
  ['8', 'congestion'],
]);

/** @throws AmiArgumentError where it is not said where the call goes */
export function originateFields(options: OriginateOptions): AmiFields {
  checkNames('originate', options, originateNames);
  const { channel, context, extension, priority, application, data, timeoutMs = 30_000 } = options;
  const place = [context, extension, priority].some((part) => part !== undefined);
  if (place === (application !== undefined)) {
    throw new AmiArgumentError(
      'originate: say where the call goes when it is answered, either by context, extension and priority or by application and data',
    );
  }
  if (place && (context === undefined || extension === undefined)) {
    throw new AmiArgumentError('originate: context and extension belong together');
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 0x7fff_ffff - 60_000) {
    throw new AmiArgumentError(`originate: timeoutMs is ${timeoutMs}, and must be a whole number from 1 on`);
  }
  return {
    Channel: channel,
    Context: context,
    Exten: extension,
    Priority: place ? (priority ?? 1) : undefined,
    Application: application,
    Data: data,
    Timeout: timeoutMs,
    CallerID: options.callerId,
    Account: options.account,
    EarlyMedia: options.earlyMedia,
    Codecs: options.codecs?.join(','),
    ChannelId: options.channelId,
    OtherChannelId: options.otherChannelId,
    // a synchronous one holds up the whole session, pings and events included
    Async: true,
    Variable: options.variables,
  };
}

/** What an OriginateResponse says. */
export function originateOutcome(event: AmiEvent): OriginateOutcome {
  if (event.get('Response') === 'Success') {
    const channel = event.get('Channel') ?? '';
    return { outcome: 'answered', channel, uniqueId: event.get('Uniqueid') ?? '', event };
  }
  return { outcome: reasons.get(event.get('Reason') ?? '') ?? 'failed', event };
}
