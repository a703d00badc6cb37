/** What happens in a simulated call, for those who show it or test it. */

/** How something is said. */
export type SayKind = 'digits' | 'letters' | 'phonetic' | 'number' | 'date' | 'time' | 'datetime';

/** What ended a call. */
export type HangupSource = 'caller' | 'script' | 'timeout';

/** One thing that happens in a call, by its `type`. */
export type CallHappening =
  /** A line of the script's. */
  | { readonly type: 'command'; readonly line: string }
  /** A line of Asterisk's. */
  | { readonly type: 'reply'; readonly line: string }
  | { readonly type: 'answer' }
  /** The caller hears a file; not where it is missing. */
  | { readonly type: 'play'; readonly file: string; readonly missing: boolean }
  /** The caller hears digits, a number, a date …; `text` is what the command was given. */
  | { readonly type: 'say'; readonly kind: SayKind; readonly text: string }
  /** The script listens: for one of these keys, or for any number of them. */
  | { readonly type: 'listen'; readonly keys: string }
  /** The caller presses a key; `heard` where something listens to keys. */
  | { readonly type: 'key'; readonly key: string; readonly heard: boolean }
  | { readonly type: 'record'; readonly file: string; readonly format: string; readonly durationMs: number }
  | { readonly type: 'variable'; readonly name: string; readonly value: string }
  | { readonly type: 'database'; readonly key: string; readonly value: string | undefined }
  | { readonly type: 'verbose'; readonly text: string; readonly level: number }
  | { readonly type: 'application'; readonly name: string; readonly data: string; readonly result: number }
  | { readonly type: 'subroutine'; readonly place: string; readonly arguments: readonly string[] }
  /** Where the dialplan goes on was changed. */
  | {
      readonly type: 'move';
      readonly context: string;
      readonly extension: string;
      readonly priority: number;
    }
  | { readonly type: 'music'; readonly on: boolean }
  | { readonly type: 'send'; readonly what: 'text' | 'image'; readonly text: string }
  | { readonly type: 'hangup'; readonly by: HangupSource }
  /** Something that Asterisk would take differently than its author may think, or that the simulation does not know. */
  | { readonly type: 'warning'; readonly text: string }
  /** The script has ended; `status` is AGISTATUS. */
  | { readonly type: 'end'; readonly status: AgiStatus };

/** What became of the script: Asterisk's AGISTATUS. */
export type AgiStatus = 'SUCCESS' | 'FAILURE' | 'HANGUP' | 'NOTFOUND';

/** What happens in a call, and when: `atMs` is since it began. */
export type CallEvent = { readonly atMs: number } & CallHappening;
