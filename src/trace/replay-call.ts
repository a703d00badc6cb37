/** A recorded call as a script meets it: Asterisk's end of its connection. */
import type { Script, ScriptLine } from '../sim/call';
import type { AsteriskEnd } from '../sim/playing';
import { MAX_COMMAND_BYTES } from '../wire/agi-command';
import { CommandDecoder } from '../wire/agi-command-decoder';
import type { Replay } from './replay';

/** A hangup comes this long behind the reply before it, for the script may have asked something meanwhile. */
const HANGUP_MS = 20;

export class ReplayCall implements AsteriskEnd {
  begun = false;
  over = false;
  /** How many commands have come. */
  commands = 0;
  readonly #replay: Replay;
  readonly #script: Script;
  readonly #line: ScriptLine;
  readonly #onLine: (direction: '<' | '>', line: string) => void;
  #hangup: NodeJS.Timeout | undefined;
  readonly #decoder = new CommandDecoder(MAX_COMMAND_BYTES);

  /** @param onLine sees every line: `>` to Asterisk, `<` from it */
  constructor(
    replay: Replay,
    script: Script,
    line: ScriptLine,
    onLine: (direction: '<' | '>', line: string) => void,
  ) {
    this.#replay = replay;
    this.#script = script;
    this.#line = line;
    this.#onLine = onLine;
  }

  begin(): void {
    this.begun = true;
    this.#line.send(this.#replay.request(this.#script.networkScript));
  }

  receive(chunk: Buffer): void {
    for (const line of this.#decoder.push(chunk)) this.#take(line);
  }

  scriptClosed(): void {
    if (this.over) return;
    for (const line of this.#decoder.end()) this.#take(line);
    this.#finish();
  }

  notFound(): void {
    this.#finish();
  }

  /** Nobody is there who could: the recorded caller hangs up where he did. */
  hangUp(): void {
    this.#finish();
  }

  #take(line: string): void {
    if (this.over) return;
    this.commands++;
    this.#onLine('>', line);
    const isFailure = /^failure/i.test(line);
    if (this.#hangup) this.#tellHangup();
    const answers = this.#replay.answer(line);
    answers.forEach((answer, at) => {
      if (answer !== 'HANGUP') {
        // nothing answers the last word of all
        if (!isFailure) this.#send(answer);
      } else if (at < answers.length - 1) this.#tellHangup();
      else this.#hangup = setTimeout(() => this.#tellHangup(), HANGUP_MS);
    });
    if (isFailure) this.#finish();
  }

  /** By a line; in classic AGI by a signal. */
  #tellHangup(): void {
    clearTimeout(this.#hangup);
    this.#hangup = undefined;
    if (this.#script.networkScript === undefined) this.#line.signal();
    else this.#send('HANGUP');
  }

  #send(text: string): void {
    this.#onLine('<', text);
    this.#line.send(`${text}\n`);
  }

  #finish(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.#hangup);
    this.#replay.end({ byProcess: this.#script.networkScript === undefined });
    this.#line.close();
  }
}
