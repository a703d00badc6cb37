/** The actions that most programs need, by methods: all that phpAGI's manager class has, in the words of Asterisk 22. */
import { AmiActionError, AmiArgumentError } from '../ami-errors';
import type { AmiFields, AmiValue } from '../wire/ami-action';
import type { AmiEvent, AmiResponse } from '../wire/ami-message';
import { escapeArgument } from '../wire/dialplan';
import { refusedAction } from './failures';
import { wholeVariable } from './long-values';
import { checkNames } from './option-names';

/** What any action takes behind its fields. */
export interface ActionOptions {
  /** How long to wait for the answer, of a list for its next item; the client's own where it is left out, 0: without limit. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting; what was sent stays sent. */
  readonly signal?: AbortSignal | undefined;
}

/** Asterisk 16's DBGet gives no more of a value than this (db.c, manager_dbget). */
const SHORT_VALUE_BYTES = 255;

const redirectNames = { channel: true, context: true, extension: true, priority: true };
const queueAddNames = { penalty: true, paused: true, memberName: true, stateInterface: true };

/** The answer to an action that has a list for one. */
export interface AmiList {
  /** The answer that came before the list. */
  readonly response: AmiResponse;
  readonly items: AmiEvent[];
  /** The event that ended it; undefined where there was no list. */
  readonly complete: AmiEvent | undefined;
}

/** How many messages a mailbox has. */
export interface MailboxCount {
  readonly urgent: number;
  readonly new: number;
  readonly old: number;
}

/** What the devices behind an extension are doing. */
export interface ExtensionStatus {
  /** A number of AST_EXTENSION_…: 0 idle, 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold; -1: no hint, or no such extension. */
  readonly status: number;
  /** `Idle`, `InUse` …; empty where this Asterisk tells none. */
  readonly text: string;
  /** The devices that it is made of. */
  readonly hint: string;
}

export abstract class ManagerActions {
  abstract action(name: string, fields?: AmiFields, options?: ActionOptions): Promise<AmiResponse>;
  abstract list(name: string, fields?: AmiFields, options?: ActionOptions): Promise<AmiList>;
  abstract ask(name: string, fields?: AmiFields, options?: ActionOptions): Promise<AmiList>;

  /**
   * Runs a command of the console and gives what it prints, its lines joined by LF.
   * @throws AmiActionError with code `AMI_COMMAND` where it failed, with what it printed in `output`
   */
  async command(text: string, options?: ActionOptions): Promise<string> {
    const { response } = await this.ask('Command', { Command: text }, options);
    const output = response.all('Output').join('\n');
    if (response.ok) return output;
    // refused before it ran
    if (!response.all('Output').length) throw refusedAction('Command', response);
    const reason = `the command ${JSON.stringify(text)} has failed: ${output.trim().slice(0, 200)}`;
    throw new AmiActionError('AMI_COMMAND', reason, 'Command', response);
  }

  /** Asks whether Asterisk is there. */
  async ping(options?: ActionOptions): Promise<void> {
    await this.action('Ping', {}, options);
  }

  /** The actions that this Asterisk has, with a word on each. */
  async listCommands(options?: ActionOptions): Promise<Record<string, string>> {
    const response = await this.action('ListCommands', {}, options);
    const commands: Record<string, string> = Object.create(null);
    for (const [name, text] of response.headers) {
      if (!/^(Response|ActionID|Message)$/.test(name)) commands[name] = text;
    }
    return commands;
  }

  // — Channels

  /** The channels that there are, or the one that is named, each as a `Status` event. */
  async status(channel?: string, options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('Status', { Channel: channel }, options)).items;
  }

  /** The channels that there are, each as a `CoreShowChannel` event. */
  async channels(options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('CoreShowChannels', {}, options)).items;
  }

  /** Hangs up a channel. @param cause a number of Q.850's: 16 normal, 17 busy */
  async hangup(channel: string, cause?: number): Promise<void> {
    await this.action('Hangup', { Channel: channel, Cause: cause });
  }

  /** Hangs a channel up so many seconds from now; 0: never. */
  async absoluteTimeout(channel: string, seconds: number): Promise<void> {
    // of the action's own 0 Asterisk says that no time was given (manager.c, action_timeout)
    if (seconds === 0) await this.setVariable(channel, 'TIMEOUT(absolute)', 0);
    else await this.action('AbsoluteTimeout', { Channel: channel, Timeout: seconds });
  }

  /** Sends a channel elsewhere in the dialplan. */
  async redirect(
    channel: string,
    context: string,
    extension: string,
    priority: string | number = 1,
    /** A second channel, the one that it is bridged with: goes along, or elsewhere, by default in the same context. */
    extra?: { channel: string; context?: string; extension?: string; priority?: string | number },
  ): Promise<void> {
    const fields = { Channel: channel, Context: context, Exten: extension, Priority: priority };
    if (extra === undefined) {
      await this.action('Redirect', fields);
      return;
    }
    checkNames('redirect: extra', extra, redirectNames);
    const isAlong = (['context', 'extension', 'priority'] as const).every(
      (name) => extra[name] === undefined,
    );
    const place = isAlong
      ? {}
      : {
          // Asterisk looks at the other two only where there is this one (manager.c, action_redirect)
          ExtraContext: extra.context ?? context,
          ExtraExten: extra.extension ?? extension,
          ExtraPriority: extra.priority ?? 1,
        };
    await this.action('Redirect', { ...fields, ExtraChannel: extra.channel, ...place });
  }

  /**
   * Transfers a bridged channel, with a word to the new party first. Asterisk has it press the keys: those of `atxfer` in
   * features.conf, which whoever dialled must have allowed (Dial's `T`, on the called side `t`), and the extension's.
   * @throws AmiArgumentError for an extension that no keys can dial: Asterisk would say that all is well, and do nothing
   */
  async attendedTransfer(channel: string, extension: string, context?: string): Promise<void> {
    if (!/^[\dA-D*#]+$/i.test(extension)) {
      throw new AmiArgumentError(
        `attendedTransfer: Asterisk dials the extension by keys, and ${JSON.stringify(extension)} has others than those: give it a number in the dialplan, or use blindTransfer`,
      );
    }
    await this.action('Atxfer', { Channel: channel, Exten: extension, Context: context });
  }

  /** Transfers a bridged channel at once. */
  async blindTransfer(channel: string, extension: string, context?: string): Promise<void> {
    await this.action('BlindTransfer', { Channel: channel, Exten: extension, Context: context });
  }

  /**
   * A variable of a channel's, or a global one where `channel` is undefined; a dialplan function, `CALLERID(num)`, too.
   * Empty where it is not set: AMI does not tell the two apart. Of a function's value Asterisk gives 1,023 bytes at most; the
   * rest of a longer variable is asked for by `EVAL()`.
   */
  async getVariable(channel: string | undefined, name: string): Promise<string> {
    const read = async (one: string) => {
      const response = await this.action('Getvar', { Channel: channel, Variable: one });
      return response.get('Value') ?? '';
    };
    return await wholeVariable(read, name, await read(name));
  }

  /**
   * Sets a variable of a channel's, or a global one where `channel` is undefined; a dialplan function, too. Asterisk
   * drops blanks in front of a value.
   */
  async setVariable(channel: string | undefined, name: string, value: AmiValue): Promise<void> {
    await this.action('Setvar', { Channel: channel, Variable: name, Value: value });
  }

  /** Sets the `userfield` of a channel's call detail record. */
  setCdrUserField(channel: string, value: AmiValue): Promise<void> {
    return this.setVariable(channel, 'CDR(userfield)', value);
  }

  /** Presses a key on a channel. */
  async playDtmf(channel: string, digit: string, durationMs?: number): Promise<void> {
    await this.action('PlayDTMF', { Channel: channel, Digit: digit, Duration: durationMs });
  }

  /**
   * Records a channel, both directions in one file.
   * @param options as the application has them: `b` records bridged sound only
   * @param command what a shell runs when it is over and the channel gone; `^{NAME}` in it is a variable of the channel's,
   * which the shell takes apart, too
   * @returns the recording's id, for `stopMixMonitor`
   */
  async mixMonitor(channel: string, file: string, options?: string, command?: string): Promise<string> {
    // without `i(…)` Asterisk keeps the id to itself
    const variable = `MIXMONITOR_${Math.random().toString(36).slice(2)}`;
    await this.action('MixMonitor', {
      Channel: channel,
      // Asterisk makes one text of the three and splits that again, but for the last (app_mixmonitor.c, manager_mixmonitor)
      File: escapeArgument(file),
      options: `${options ?? ''}i(${variable})`,
      Command: command,
    });
    return this.getVariable(channel, variable);
  }

  /** Ends a recording, or all of the channel's. */
  async stopMixMonitor(channel: string, id?: string): Promise<void> {
    await this.action('StopMixMonitor', { Channel: channel, MixMonitorID: id });
  }

  /** Leaves sound out of a channel's recording, or puts it back. */
  async muteMixMonitor(
    channel: string,
    muted: boolean,
    direction: 'read' | 'write' | 'both' = 'both',
  ): Promise<void> {
    await this.action('MixMonitorMute', { Channel: channel, Direction: direction, State: muted ? 1 : 0 });
  }

  /** The calls that are parked. */
  async parkedCalls(options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('ParkedCalls', {}, options)).items;
  }

  // — Extensions, mailboxes, devices

  /** The state of an extension that has a hint. */
  async extensionState(extension: string, context: string): Promise<ExtensionStatus> {
    const response = await this.action('ExtensionState', { Exten: extension, Context: context });
    const status = Number(response.get('Status') ?? -1);
    return { status, text: response.get('StatusText') ?? '', hint: response.get('Hint') ?? '' };
  }

  /** How many messages lie in a mailbox, `100@default`. */
  async mailboxCount(mailbox: string): Promise<MailboxCount> {
    const response = await this.action('MailboxCount', { Mailbox: mailbox });
    const number = (name: string) => Number(response.get(name) ?? 0);
    return { urgent: number('UrgMessages'), new: number('NewMessages'), old: number('OldMessages') };
  }

  /** Whether new messages lie in a mailbox. */
  async mailboxStatus(mailbox: string): Promise<boolean> {
    const response = await this.action('MailboxStatus', { Mailbox: mailbox });
    return Number(response.get('Waiting') ?? 0) > 0;
  }

  /** The endpoints of PJSIP, each as an `EndpointList` event; none where PJSIP has none. */
  async pjsipEndpoints(options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('PJSIPShowEndpoints', {}, options)).items;
  }

  /** One endpoint of PJSIP, with all that belongs to it: `EndpointDetail`, `AorDetail`, `AuthDetail`, `ContactStatusDetail` … */
  async pjsipEndpoint(name: string, options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('PJSIPShowEndpoint', { Endpoint: name }, options)).items;
  }

  /** The peers of chan_sip, which left with Asterisk 21: see `pjsipEndpoints`. */
  async sipPeers(options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('SIPpeers', {}, options)).items;
  }

  /** The peers of IAX2. */
  async iaxPeers(options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('IAXpeers', {}, options)).items;
  }

  // — Queues

  /** Queues, members and waiting callers: `QueueParams`, `QueueMember`, `QueueEntry`; of one queue where it is named. */
  async queueStatus(queue?: string, options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('QueueStatus', { Queue: queue }, options)).items;
  }

  /** A `QueueSummary` for each queue, or for the one that is named. */
  async queueSummary(queue?: string, options?: ActionOptions): Promise<AmiEvent[]> {
    return (await this.list('QueueSummary', { Queue: queue }, options)).items;
  }

  /** Adds a member to a queue. */
  async queueAdd(
    queue: string,
    interfaceName: string,
    options: { penalty?: number; paused?: boolean; memberName?: string; stateInterface?: string } = {},
  ): Promise<void> {
    checkNames('queueAdd', options, queueAddNames);
    await this.action('QueueAdd', {
      Queue: queue,
      Interface: interfaceName,
      Penalty: options.penalty,
      Paused: options.paused,
      MemberName: options.memberName,
      StateInterface: options.stateInterface,
    });
  }

  /** Takes a member out of a queue. */
  async queueRemove(queue: string, interfaceName: string): Promise<void> {
    await this.action('QueueRemove', { Queue: queue, Interface: interfaceName });
  }

  /** Gives a member a pause, or ends it; in all queues where none is named. */
  async queuePause(interfaceName: string, paused: boolean, queue?: string, reason?: string): Promise<void> {
    await this.action('QueuePause', {
      Interface: interfaceName,
      Paused: paused,
      Queue: queue,
      Reason: reason,
    });
  }

  /** Reads the queues' configuration again; of one queue where it is named. */
  async queueReload(queue?: string): Promise<void> {
    await this.action('QueueReload', { Queue: queue });
  }

  // — Asterisk's database

  /** A value of Asterisk's database; undefined where there is none. */
  async databaseGet(family: string, key: string): Promise<string | undefined> {
    const { response, items } = await this.ask('DBGet', { Family: family, Key: key });
    if (response.ok) {
      const value = items[0]?.get('Val') ?? '';
      return Buffer.byteLength(value) < SHORT_VALUE_BYTES ? value : await this.#longValue(family, key, value);
    }
    if (/not found/i.test(response.get('Message') ?? '')) return undefined;
    throw refusedAction('DBGet', response);
  }

  /** Of a value that may have been cut off. */
  async #longValue(family: string, key: string, value: string): Promise<string> {
    const { items } = await this.ask('DBGetTree', { Family: family, Key: key });
    const whole = items.find((item) => item.get('Key') === `/${family}/${key}`);
    return whole?.get('Val') ?? value;
  }

  /** Puts a value into Asterisk's database, which drops blanks in front of it. */
  async databasePut(family: string, key: string, value: AmiValue): Promise<void> {
    await this.action('DBPut', { Family: family, Key: key, Val: value });
  }

  /** Takes a value out of Asterisk's database; false where there was none. */
  async databaseDel(family: string, key: string): Promise<boolean> {
    const { response } = await this.ask('DBDel', { Family: family, Key: key });
    if (!response.ok && !/not found|could not be deleted/i.test(response.get('Message') ?? '')) {
      throw refusedAction('DBDel', response);
    }
    return response.ok;
  }

  // — DAHDI, where the card and its module are there; a channel is a line's number on it

  /** The lines that there are, or the one that is named, each as a `DAHDIShowChannels` event. */
  async dahdiShowChannels(channel?: number): Promise<AmiEvent[]> {
    return (await this.list('DAHDIShowChannels', { DAHDIChannel: channel })).items;
  }

  /** Dials on a line that is off the hook. */
  async dahdiDialOffhook(channel: number, number: string): Promise<void> {
    await this.action('DAHDIDialOffhook', { DAHDIChannel: channel, Number: number });
  }

  /** Lets a line ring no more. */
  async dahdiDndOn(channel: number): Promise<void> {
    await this.action('DAHDIDNDon', { DAHDIChannel: channel });
  }

  /** Lets a line ring again. */
  async dahdiDndOff(channel: number): Promise<void> {
    await this.action('DAHDIDNDoff', { DAHDIChannel: channel });
  }

  /** Hangs a line up. */
  async dahdiHangup(channel: number): Promise<void> {
    await this.action('DAHDIHangup', { DAHDIChannel: channel });
  }

  /** Does as if the hook of a line's phone were pressed for a moment, which begins a transfer. */
  async dahdiTransfer(channel: number): Promise<void> {
    await this.action('DAHDITransfer', { DAHDIChannel: channel });
  }
}
