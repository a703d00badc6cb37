/** The channel of a simulated call, and what the whole Asterisk around it keeps. */

export interface CallerId {
  name: string;
  number: string;
}

/** What outlives a call: Asterisk's database and its global variables. */
export class Surroundings {
  /** `family/key` to value. */
  readonly database = new Map<string, string>();
  readonly globals = new Map<string, string>();
  /** What ENV() has set. */
  readonly environment = new Map<string, string>();
  /** What Record() has recorded, for the number in the place of `%d`. */
  readonly recordings = new Set<string>();
}

/** Q.931: what a call that was hung up in the usual way has as its cause. */
export const NORMAL_CLEARING = 16;

/** The parts of a presentation. */
const RESTRICTION = 0x60;
const SCREENING = 0x03;
const UNAVAILABLE = 0x40;
const NUMBER_NOT_AVAILABLE = 0x43;
const UNTOLD = -1;
/** What counts more of name and number: restricted, allowed, not available, and what the line does not tell. */
const precedence = [0x20, 0, UNAVAILABLE, UNTOLD];

/** From where Gosub() was called, and what its arguments have hidden. */
export interface Frame {
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
  readonly moved: boolean;
  /** The names of its arguments. */
  readonly names: readonly string[];
  readonly before: ReadonlyMap<string, string | undefined>;
}

/** What a stand-in of an application or a function acts on. */
export class Channel {
  name = '';
  language = 'en';
  accountCode = '';
  musicClass = '';
  /** CHANNEL(userfield), which the CDR's is not. */
  userField = '';
  uniqueId = '';
  /** Undefined where the line tells none; it may be told, and empty. */
  callerName: string | undefined;
  callerNumber: string | undefined;
  dnid = '';
  rdnis = '';
  ani = '';
  /** How the line says that the name and the number may be shown (Q.931). */
  namePresentation = 0;
  numberPresentation = 0;
  context = '';
  extension = '';
  priority = 1;
  /** Whether the script has said where the dialplan goes on. */
  moved = false;
  answered = false;
  /** Milliseconds since 1970, as are the others. */
  beganAt = 0;
  answeredAt: number | undefined;
  /** HANGUPCAUSE. */
  hangupCause = 0;
  readonly variables = new Map<string, string>();
  /** Subroutines that Gosub() has begun and Return() has not ended, the innermost last. */
  readonly subroutines: Frame[] = [];
  /** Seconds. */
  readonly timeouts = { digit: 5, response: 10, absolute: 0 };
  /** When the channel is hung up by itself; milliseconds since 1970. */
  hangupAt: number | undefined;
  readonly cdr = new Map<string, string>();
  readonly surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** As CALLERID(all) gives it, whatever the line tells. */
  get callerId(): string {
    return `"${this.callerName ?? ''}" <${this.callerNumber ?? ''}>`;
  }

  /** The name's or the number's; how it was screened is the number's (channel.c, ast_party_id_presentation). */
  get presentation(): number {
    const { callerName, callerNumber, namePresentation, numberPresentation } = this;
    const name = callerName === undefined ? UNTOLD : namePresentation & RESTRICTION;
    const number = callerNumber === undefined ? UNTOLD : numberPresentation & RESTRICTION;
    const counts = precedence.indexOf(name) < precedence.indexOf(number) ? name : number;
    return counts === UNAVAILABLE || counts === UNTOLD
      ? NUMBER_NOT_AVAILABLE
      : counts | (number === UNTOLD ? 0 : numberPresentation & SCREENING);
  }

  /** As SET CALLERID and CALLERID(all) take it: `"Jo Do" <123>`, `Jo Do <123>`, `123` or `Jo Do`. */
  set callerId(text: string) {
    const both = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^"<]*?))\s*<([^>]*)>?\s*$/.exec(text);
    if (both) {
      this.callerName = (both[1]?.replace(/\\(.)/g, '$1') ?? both[2] ?? '').trim();
      this.callerNumber = shrink(both[3] as string);
    } else if (isNumber(shrink(text))) {
      this.callerName = '';
      this.callerNumber = shrink(text);
    } else {
      this.callerName = text.replace(/^\s*"(.*)"\s*$/, '$1').trim();
      this.callerNumber = '';
    }
  }

  /** CHANNEL(state), by its name. */
  get state(): 'Up' | 'Ring' {
    return this.answered ? 'Up' : 'Ring';
  }

  /** Sets a variable by the name that a dialplan uses: the marks of inheritance in front of it are no part of it. */
  set(name: string, value: string): void {
    this.variables.set(name.replace(/^__?/, ''), value);
  }
}

/** A channel that knows no more than who calls, by a text as of SET CALLERID. */
export function tellsOf(callerId: string): Channel {
  const channel = new Channel(new Surroundings());
  channel.callerId = callerId;
  return channel;
}

/** Spaces, brackets and hyphens between the digits of a number are no part of it (callerid.c). */
function shrink(text: string): string {
  const compact = text.trim();
  return /^[\d\s()\-.+*#]+$/.test(compact) ? compact.replace(/[\s().-]/g, '') : compact;
}

function isNumber(text: string): boolean {
  return /^[+]?[\d*#]+$/.test(text);
}
