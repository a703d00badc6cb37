/** The dialplan applications that call scripts commonly run by EXEC. */
import { splitArguments } from '../wire/dialplan';
import { chosenApplication, goBack, goSub, goSubIf, goTo, goToIf, leaveSubroutine } from './branches';
import { atoi } from './c-numbers';
import { NORMAL_CLEARING } from './channel';
import { writeVariable } from './functions';
import type { DialStandIn } from './options';
import { ANY_KEY, answer, collect, pause, play, resultOf, type Stage, type Steps, say } from './steps';

/** How long a phone rings that nobody answers, where Dial() does not say. */
const RINGS_SECONDS = 30;

type Application = (stage: Stage, args: string[], data: string) => number | Steps<number>;

/** Runs an application. @returns its result; -2 where Asterisk has none of this name */
export function* execute(stage: Stage, name: string, data: string): Steps<number> {
  const own = Object.entries(stage.options.applications).find(
    ([known]) => known.toLowerCase() === name.toLowerCase(),
  );
  if (own) {
    const result = own[1](data, stage.channel) ?? 0;
    if (result === -1) stage.hangUp('script');
    return result;
  }
  const known = name.toLowerCase();
  if (hasGone(known, stage.options.version)) {
    stage.scope.warn(`Asterisk ${stage.options.version} has no application ${name} any more`);
    return -2;
  }
  if (stage.hungUp && deadStatuses.has(known)) {
    const status = deadStatuses.get(known);
    if (status) set(stage, ...status);
    return 0;
  }
  const application = applications.get(known);
  if (!application) {
    if (!plain.has(known)) {
      stage.scope.warn(`the simulation has no application ${name}: see the option applications`);
      return -2;
    }
    const status = statuses.get(known);
    if (status) set(stage, ...status);
    return 0;
  }
  const run = application(stage, splitArguments(data), data);
  return typeof run === 'number' ? run : yield* run;
}

/** Applications that are taken, and do nothing that a simulation could show. */
const plain = new Set([
  ...[
    'noop',
    'verbose',
    'log',
    'ringing',
    'progress',
    'proceeding',
    'resetcdr',
    'nocdr',
    'forkcdr',
    'userevent',
  ],
  ...['stopmixmonitor', 'monitor', 'stopmonitor', 'chanspy', 'dumpchan', 'celgenuserevent'],
  ...[
    'startmusiconhold',
    'stopmusiconhold',
    'playtones',
    'stopplaytones',
    'queue',
    'confbridge',
    'voicemail',
  ],
  ...['voicemailmain', 'senddtmf', 'sendtext', 'transfer', 'addqueuemember', 'removequeuemember'],
  ...[
    'originate',
    'page',
    'park',
    'pickup',
    'echo',
    'flash',
    'reload',
    'dbdeltree',
    'stasis',
    'softhangup',
    'milliwatt',
  ],
  ...['sayunixtime', 'jabbersend', 'agi', 'macro', 'setamaflags', 'musiconhold'],
]);

/** What those of them say that tell how it went. */
const statuses = new Map<string, readonly [name: string, value: string]>(
  Object.entries({
    sendtext: ['SENDTEXTSTATUS', 'SUCCESS'],
    voicemail: ['VMSTATUS', 'SUCCESS'],
    transfer: ['TRANSFERSTATUS', 'SUCCESS'],
    originate: ['ORIGINATE_STATUS', 'SUCCESS'],
    agi: ['AGISTATUS', 'SUCCESS'],
    addqueuemember: ['AQMSTATUS', 'ADDED'],
    removequeuemember: ['RQMSTATUS', 'REMOVED'],
  }),
);

/** On a channel that has hung up these do nothing, and do not fail for it; what those say that tell of it. */
const deadStatuses = new Map<string, readonly [name: string, value: string] | undefined>(
  Object.entries({
    playback: ['PLAYBACKSTATUS', 'FAILED'],
    background: ['BACKGROUNDSTATUS', 'FAILED'],
    sendtext: ['SENDTEXTSTATUS', 'FAILURE'],
    saynumber: undefined,
    wait: undefined,
  }),
);

/** Applications that Asterisk 21 has dropped. */
const gone = new Set(['macro', 'monitor', 'stopmonitor', 'nocdr', 'setamaflags']);

function hasGone(name: string, version: string): boolean {
  return gone.has(name) && Number.parseInt(version, 10) >= 21;
}

function set(stage: Stage, name: string, value: string): void {
  writeVariable(name, value, stage.scope);
  stage.tell({ type: 'variable', name, value });
}

function* playAll(
  stage: Stage,
  files: string,
  keys: string,
): Steps<{ result: number; missing: boolean; key: string }> {
  let missing = false;
  for (const file of files.split('&')) {
    const played = yield* play(stage, file, { keys });
    if (played.type === 'missing') missing = true;
    else if (played.type === 'hangup') return { result: -1, missing, key: '' };
    else if (played.type === 'key') return { result: 0, missing, key: played.key };
  }
  return { result: 0, missing, key: '' };
}

const saying =
  (kind: 'digits' | 'letters' | 'phonetic' | 'number'): Application =>
  (stage, [text = '']) => {
    if (kind === 'number' && text === '') return -1;
    const steps = say(stage, kind, text, Array.from(text).length, '');
    return (function* () {
      return Math.min(0, yield* steps);
    })();
  };

const hangUp: Application = (stage, [cause = '']) => {
  stage.channel.hangupCause = atoi(cause) || NORMAL_CLEARING;
  stage.hangUp('script');
  return -1;
};

/** The caller hears a tone: for so long, and is not hung up then; with no time, until he has hung up. */
const tone: Application = (stage, [seconds = '']) => {
  const ms = 1000 * (Number.parseFloat(seconds) || 0);
  if (ms <= 0) {
    stage.hangUp('caller');
    return -1;
  }
  return (function* () {
    yield* pause(stage, { ms, keys: '', cancellable: false });
    return -1;
  })();
};

/** A program beside Asterisk, which is not run. */
const program: Application = (stage, _args, data) => {
  if (data === '') return -1;
  set(stage, 'SYSTEMSTATUS', 'SUCCESS');
  return 0;
};

const applications = new Map<string, Application>(
  Object.entries({
    answer: (stage) => {
      answer(stage);
      return 0;
    },
    set: (stage, _args, data) => {
      const equals = data.indexOf('=');
      if (equals > 0) set(stage, data.slice(0, equals), data.slice(equals + 1));
      return 0;
    },
    mset: (stage, args) => {
      for (const arg of args) {
        const equals = arg.indexOf('=');
        if (equals > 0) set(stage, arg.slice(0, equals), arg.slice(equals + 1));
      }
      return 0;
    },
    hangup: hangUp,
    busy: tone,
    congestion: tone,
    system: program,
    trysystem: program,
    mixmonitor: (stage, [file = '']) => {
      if (file === '') return -1;
      set(stage, 'MIXMONITOR_FILENAME', file);
      return 0;
    },
    wait: function* (stage, [seconds = '0']) {
      const ended = yield* pause(stage, {
        ms: 1000 * (Number.parseFloat(seconds) || 0),
        keys: '',
        cancellable: false,
      });
      return ended.type === 'hangup' ? -1 : 0;
    },
    waitexten: function* (stage, [seconds = '']) {
      const ms = 1000 * (Number.parseFloat(seconds) || stage.channel.timeouts.response);
      const ended = yield* pause(stage, { ms, keys: ANY_KEY, cancellable: false });
      return resultOf(ended);
    },
    playback: function* (stage, [files = '', options = '']) {
      if (files === '') return -1;
      if (!answerFor(stage, options, ['skip', 'noanswer'])) return 0;
      const { result, missing } = yield* playAll(stage, files, '');
      set(stage, 'PLAYBACKSTATUS', missing ? 'FAILED' : 'SUCCESS');
      return result;
    },
    background: function* (stage, [files = '', options = '']) {
      if (files === '') return -1;
      if (!answerFor(stage, options, ['s', 'n'])) return 0;
      const { result, missing, key } = yield* playAll(stage, files, ANY_KEY);
      set(stage, 'BACKGROUNDSTATUS', missing ? 'FAILED' : 'SUCCESS');
      return key === '' ? result : key.charCodeAt(0);
    },
    read: function* (stage, [name = '', file = '', most = '', options = '', attempts = '', timeout = '']) {
      if (name === '') {
        set(stage, 'READSTATUS', 'ERROR');
        return 0;
      }
      if (!answerFor(stage, options, ['s', 'n'])) {
        set(stage, name, '');
        set(stage, 'READSTATUS', 'SKIPPED');
        return 0;
      }
      const seconds = Number.parseFloat(timeout);
      // a tone, and no file
      const prompt = options.includes('i') ? '' : file;
      const tries = Math.max(1, Number.parseInt(attempts, 10) || 1);
      let got = yield* readKeys(stage, prompt, most, seconds);
      for (let attempt = 1; attempt < tries && got.end === 'timeout' && got.digits === ''; attempt++) {
        got = yield* readKeys(stage, prompt, most, seconds);
      }
      set(stage, name, got.digits);
      set(stage, 'READSTATUS', readStatuses[got.end]);
      // a hangup, too, is seen in READSTATUS alone
      return 0;
    },
    record: function* (stage, [file = '', silence = '', most = '', options = '']) {
      const dot = Math.max(file.lastIndexOf('.'), file.lastIndexOf(':'));
      const [path, format] = dot === -1 ? [file, ''] : [file.slice(0, dot), file.slice(dot + 1)];
      if (!stage.options.recordable(path, format)) {
        set(stage, 'RECORD_STATUS', 'ERROR');
        return -1;
      }
      const name = numbered(path, stage.channel.surroundings.recordings);
      set(stage, 'RECORDED_FILE', name);
      if (!answerFor(stage, options, ['s', 'n'])) {
        set(stage, 'RECORD_STATUS', 'SKIP');
        return 0;
      }
      if (!options.includes('q')) yield* play(stage, 'beep');
      const silentAfter =
        Number(silence) > 0 ? stage.options.speaksMs + Number(silence) * 1000 : Number.POSITIVE_INFINITY;
      const longest = Number(most) > 0 ? Number(most) * 1000 : Number.POSITIVE_INFINITY;
      const ms = Math.min(silentAfter, longest);
      const wait = { keys: recordKeys(options), cancellable: false };
      const ended = yield* pause(stage, Number.isFinite(ms) ? { ...wait, ms } : wait);
      stage.tell({ type: 'record', file: name, format, durationMs: ended.elapsedMs });
      const byOperator = ended.type === 'key' && ended.key === '0' && options.includes('o');
      const words = {
        key: byOperator ? 'OPERATOR' : 'DTMF',
        hangup: 'HANGUP',
        time: ms === longest ? 'TIMEOUT' : 'SILENCE',
      } as const;
      set(stage, 'RECORD_STATUS', words[ended.type as 'key' | 'hangup' | 'time']);
      return ended.type === 'hangup' ? -1 : 0;
    },
    dial: function* (stage, [destination = '', seconds = '', flags = '']) {
      const said = stage.options.dial(destination);
      const told: DialStandIn = typeof said === 'string' ? { status: said } : said;
      const { status, answeredSeconds = 0 } = told;
      const rings = Number(seconds) || RINGS_SECONDS;
      const takes = status === 'ANSWER' ? answeredSeconds : status === 'NOANSWER' ? rings : 0;
      const ended = yield* pause(stage, { ms: takes * 1000, keys: '', cancellable: false });
      const answers = status === 'ANSWER';
      const cancelled = ended.type === 'hangup' && !answers;
      const talked = answers ? String(Math.floor(ended.elapsedMs / 1000)) : '';
      if (answers) answer(stage);
      set(stage, 'DIALSTATUS', cancelled ? 'CANCEL' : status);
      set(stage, 'ANSWEREDTIME', talked);
      set(stage, 'DIALEDTIME', talked);
      set(stage, 'DIALEDPEERNAME', answers ? `${destination}-00000002` : '');
      set(stage, 'DIALEDPEERNUMBER', answers ? destination.replace(/^[^/]*\//, '') : '');
      stage.channel.hangupCause = told.hangupCause ?? (answers ? NORMAL_CLEARING : 0);
      const goesOn = !answers || flags.replace(/\([^)]*\)/g, '').includes('g');
      return ended.type === 'hangup' || !goesOn ? -1 : 0;
    },
    goto: (stage, _args, data) => goTo(stage, data),
    gotoif: (stage, _args, data) => goToIf(stage, data),
    gosub: (stage, _args, data) => goSub(stage, data),
    gosubif: (stage, _args, data) => goSubIf(stage, data),
    return: (stage, _args, data) => goBack(stage, data),
    stackpop: (stage) => {
      leaveSubroutine(stage);
      return 0;
    },
    exec: function* (stage, _args, data) {
      return data === '' ? 0 : asExecuted(yield* executeText(stage, data));
    },
    execif: function* (stage, _args, data) {
      if (data === '') return 0;
      const text = chosenApplication(data);
      return text === undefined ? 0 : asExecuted(yield* executeText(stage, text));
    },
    tryexec: function* (stage, _args, data) {
      if (data === '') return 0;
      const result = yield* executeText(stage, data);
      set(stage, 'TRYSTATUS', result === -2 ? 'NOAPP' : result === 0 ? 'SUCCESS' : 'FAILED');
      return 0;
    },
    saydigits: saying('digits'),
    sayalpha: saying('letters'),
    sayphonetic: saying('phonetic'),
    saynumber: saying('number'),
  } satisfies Record<string, Application>),
);

const readStatuses = {
  complete: 'OK',
  timeout: 'TIMEOUT',
  hangup: 'HANGUP',
  missing: 'ERROR',
  command: 'INTERRUPTED',
} as const;

/**
 * Answers the call for an application that does so, unless its options say otherwise.
 * @param words what they call it not to be run on a call that is not answered, and not to answer that
 * @returns whether it is run
 */
function answerFor(stage: Stage, options: string, [skip, asIs]: readonly [string, string]): boolean {
  if (stage.channel.answered) return true;
  const has = (word: string) =>
    word.length === 1 ? options.includes(word) : options.toLowerCase().split('&').includes(word);
  if (has(skip)) return false;
  if (!has(asIs)) answer(stage);
  return true;
}

/** Runs what Exec() and its like are given, `Set(A=1)`; the bracket at its end may be missing. */
function executeText(stage: Stage, text: string): Steps<number> {
  const open = text.indexOf('(');
  const name = open === -1 ? text : text.slice(0, open);
  const close = text.lastIndexOf(')');
  const data = open === -1 ? '' : text.slice(open + 1, close > open ? close : undefined);
  return execute(stage, name, data);
}

/** To those who run another application, one that there is not has failed. */
function asExecuted(result: number): number {
  return result === -2 ? -1 : result;
}

/** The keys that end a recording. */
function recordKeys(options: string): string {
  if (options.includes('x')) return '';
  if (options.includes('y')) return ANY_KEY;
  return `${options.includes('t') ? '*' : '#'}${options.includes('o') ? '0' : ''}`;
}

/** A name with the first number in the place of `%d` that makes it a new one. */
function numbered(path: string, taken: Set<string>): string {
  let name = path;
  if (path.includes('%d')) {
    let number = 0;
    do name = path.replace('%d', String(number++));
    while (taken.has(name));
  }
  taken.add(name);
  return name;
}

function readKeys(stage: Stage, file: string, most: string, seconds: number): ReturnType<typeof collect> {
  const ms = seconds > 0 ? seconds * 1000 : undefined;
  return collect(stage, file, { firstMs: ms ?? 10_000, nextMs: ms ?? 5000, most: Number(most) || 255 });
}
