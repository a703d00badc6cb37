/** What a simulated call is made of: who calls, where, and what Asterisk there knows. */
import type { Channel } from './channel';
import type { FunctionStandIn } from './expressions';

/** Samples of 1/8000 s in a sound file; undefined where there is none of this name. */
export type Sounds = (file: string, language: string) => number | undefined;

/**
 * A dialplan application of the user's own: acts on the channel, and gives what it returns to Asterisk: 0 (or
 * nothing) where all went well, -1 to hang up.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: most of them give nothing back
export type ApplicationStandIn = (data: string, channel: Channel) => number | undefined | void;

/** What becomes of a call that is dialled. */
export interface DialStandIn {
  /** DIALSTATUS: ANSWER, BUSY, NOANSWER … */
  readonly status: string;
  /** How long the two talk, which is time that passes in the call. */
  readonly answeredSeconds?: number | undefined;
  /** HANGUPCAUSE, which each kind of line has its own of; 16 where the call was answered, else 0. */
  readonly hangupCause?: number | undefined;
}

/** What a speech engine is to have recognized. */
export interface SpeechStandIn {
  readonly text: string;
  /** 0 to 1000. */
  readonly score?: number | undefined;
  readonly grammar?: string | undefined;
}

/** The call that is placed, and what stands around it. */
export interface CallOptions {
  /** Who calls: a number, `"Jo Do" <123>`, or both apart. None: Asterisk says `unknown`. */
  readonly callerId?:
    | string
    | { readonly name?: string | undefined; readonly number?: string | undefined }
    | undefined;
  /** The number that was dialled, as the line tells it. */
  readonly dnid?: string | undefined;
  readonly rdnis?: string | undefined;
  /** Where in the dialplan the script is called: `default`, `s`, 1. */
  readonly context?: string | undefined;
  readonly extension?: string | undefined;
  readonly priority?: number | undefined;
  /** The arguments of AGI(). */
  readonly arguments?: readonly string[] | undefined;
  /** Channel variables that the dialplan has set before. AGISIGHUP and AGIEXITONHANGUP are obeyed. */
  readonly variables?: Readonly<Record<string, string | number>> | undefined;
  readonly globals?: Readonly<Record<string, string | number>> | undefined;
  /** Family to key to value. */
  readonly database?: Readonly<Record<string, Readonly<Record<string, string | number>>>> | undefined;
  /** `en`. */
  readonly language?: string | undefined;
  /** The channel's name, `PJSIP/alice-00000001`. */
  readonly channel?: string | undefined;
  readonly accountCode?: string | undefined;
  /** Whether the dialplan has answered the call before; false. */
  readonly answered?: boolean | undefined;
  /** Whether the call is over before the script begins, as in the dialplan's extension `h`; false. */
  readonly hungUp?: boolean | undefined;
  /** Which Asterisk is played: `22.10.1`, `16.28.0`. */
  readonly version?: string | undefined;
  /** When the call begins; now. */
  readonly time?: Date | undefined;
  /** Sound files. Every one is there and takes a second, where this is left out. */
  readonly sounds?: Sounds | undefined;
  /** Whether a recording can be written; every one of a format that Asterisk knows, where this is left out. */
  readonly recordable?: ((file: string, format: string) => boolean) | undefined;
  /** How long the caller speaks in each recording, before he is silent: 3000. */
  readonly speaksMs?: number | undefined;
  /** What a speech engine recognizes, one for each SPEECH RECOGNIZE; there is no engine where this is left out. */
  readonly speech?: readonly SpeechStandIn[] | undefined;
  /** Dialplan functions, by name, in place of the simulation's own or beside them. */
  readonly functions?: Readonly<Record<string, FunctionStandIn>> | undefined;
  /** Dialplan applications, by name. */
  readonly applications?: Readonly<Record<string, ApplicationStandIn>> | undefined;
  /** What Dial() comes to, by destination: answered, and over at once, where it is left out. */
  readonly dial?: ((destination: string) => string | DialStandIn) | undefined;
  /** Labels of the dialplan, `context,extension,label` to the priority, for SET PRIORITY. */
  readonly labels?: Readonly<Record<string, number>> | undefined;
  /** Subroutines, `context,extension,priority` to what each does, for GOSUB. */
  readonly subroutines?:
    | Readonly<Record<string, (channel: Channel, args: readonly string[]) => void>>
    | undefined;
  /** Whether Asterisk has its usage texts, which come behind a 520; true. */
  readonly usage?: boolean | undefined;
}

/** The options with nothing left open that the commands need. */
export interface Simulation {
  readonly version: string;
  readonly sounds: Sounds;
  readonly recordable: (file: string, format: string) => boolean;
  readonly speaksMs: number;
  readonly speech: SpeechStandIn[] | undefined;
  readonly functions: Readonly<Record<string, FunctionStandIn>>;
  readonly applications: Readonly<Record<string, ApplicationStandIn>>;
  readonly dial: (destination: string) => string | DialStandIn;
  readonly labels: Readonly<Record<string, number>>;
  readonly subroutines: NonNullable<CallOptions['subroutines']>;
  readonly usage: boolean;
}

export const DEFAULT_VERSION = '22.10.1';
const SECOND = 8000;

const formats = new Set([
  ...['wav', 'wav49', 'WAV', 'wav16', 'gsm', 'ulaw', 'ul', 'mu', 'pcm', 'alaw', 'al', 'g722', 'g729', 'ogg'],
  ...[
    'sln',
    'slin',
    'sln12',
    'sln16',
    'sln24',
    'sln32',
    'sln44',
    'sln48',
    'sln96',
    'sln192',
    'siren7',
    'siren14',
  ],
]);

export function simulationOf(options: CallOptions): Simulation {
  return {
    version: options.version ?? DEFAULT_VERSION,
    sounds: options.sounds ?? (() => SECOND),
    recordable: options.recordable ?? ((_file, format) => formats.has(format)),
    speaksMs: options.speaksMs ?? 3000,
    speech: options.speech && [...options.speech],
    functions: options.functions ?? {},
    applications: options.applications ?? {},
    dial: options.dial ?? (() => 'ANSWER'),
    labels: options.labels ?? {},
    subroutines: options.subroutines ?? {},
    usage: options.usage ?? true,
  };
}
