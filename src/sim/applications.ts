/** The dialplan applications that call scripts commonly run by EXEC. */
import { splitArguments } from '../wire/dialplan';
import { writeVariable } from './functions';
import { ANY_KEY, collect, pause, play, type Stage, type Steps, say } from './steps';

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
  const application = applications.get(name.toLowerCase());
  if (!application) {
    if (!plain.has(name.toLowerCase())) {
      stage.scope.warn(`the simulation has no application ${name}: see the option applications`);
      return -2;
    }
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
  ...[
    'mixmonitor',
    'stopmixmonitor',
    'monitor',
    'stopmonitor',
    'chanspy',
    'setcallerpres',
    'dumpchan',
    'celgenuserevent',
  ],
  ...[
    'startmusiconhold',
    'stopmusiconhold',
    'playtones',
    'stopplaytones',
    'queue',
    'confbridge',
    'voicemail',
  ],
  ...[
    'voicemailmain',
    'system',
    'trysystem',
    'senddtmf',
    'sendtext',
    'transfer',
    'addqueuemember',
    'removequeuemember',
  ],
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
  ...[
    'sayunixtime',
    'jabbersend',
    'agi',
    'macro',
    'gosub',
    'return',
    'stackpop',
    'setamaflags',
    'musiconhold',
  ],
]);

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
    const steps = say(stage, kind, text, Array.from(text).length, '');
    return (function* () {
      return Math.min(0, yield* steps);
    })();
  };

const hangUp: Application = (stage) => {
  stage.hangUp('script');
  return -1;
};

const applications = new Map<string, Application>(
  Object.entries({
    answer: (stage) => {
      if (!stage.channel.answered) stage.tell({ type: 'answer' });
      stage.channel.answered = true;
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
    busy: hangUp,
    congestion: hangUp,
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
      return ended.type === 'hangup' ? -1 : 0;
    },
    playback: function* (stage, [files = '']) {
      if (files === '') return -1;
      const { result, missing } = yield* playAll(stage, files, '');
      set(stage, 'PLAYBACKSTATUS', missing ? 'FAILED' : 'SUCCESS');
      return result;
    },
    background: function* (stage, [files = '']) {
      const { result, missing, key } = yield* playAll(stage, files, ANY_KEY);
      set(stage, 'BACKGROUNDSTATUS', missing ? 'FAILED' : 'SUCCESS');
      return key === '' ? result : key.charCodeAt(0);
    },
    read: function* (stage, [name = '', file = '', most = '', , attempts = '', timeout = '']) {
      const seconds = Number.parseFloat(timeout);
      const tries = Math.max(1, Number.parseInt(attempts, 10) || 1);
      let got = yield* readKeys(stage, file, most, seconds);
      for (let attempt = 1; attempt < tries && got.end === 'timeout' && got.digits === ''; attempt++) {
        got = yield* readKeys(stage, file, most, seconds);
      }
      set(stage, name, got.digits);
      set(stage, 'READSTATUS', got.end === 'complete' ? 'OK' : got.end === 'hangup' ? 'HANGUP' : 'TIMEOUT');
      return got.end === 'hangup' ? -1 : 0;
    },
    record: function* (stage, [file = '', silence = '', most = '']) {
      const dot = Math.max(file.lastIndexOf('.'), file.lastIndexOf(':'));
      const [name, format] = dot === -1 ? [file, ''] : [file.slice(0, dot), file.slice(dot + 1)];
      if (!stage.options.recordable(name, format)) {
        set(stage, 'RECORD_STATUS', 'ERROR');
        return -1;
      }
      yield* play(stage, 'beep');
      const silentAfter =
        Number(silence) > 0 ? stage.options.speaksMs + Number(silence) * 1000 : Number.POSITIVE_INFINITY;
      const longest = Number(most) > 0 ? Number(most) * 1000 : Number.POSITIVE_INFINITY;
      const ms = Math.min(silentAfter, longest);
      const wait = { keys: '#', cancellable: false };
      const ended = yield* pause(stage, Number.isFinite(ms) ? { ...wait, ms } : wait);
      stage.tell({ type: 'record', file: name, format, durationMs: ended.elapsedMs });
      const words = { key: 'DTMF', hangup: 'HANGUP', time: ms === longest ? 'TIMEOUT' : 'SILENCE' } as const;
      set(stage, 'RECORD_STATUS', words[ended.type as 'key' | 'hangup' | 'time']);
      return ended.type === 'hangup' ? -1 : 0;
    },
    dial: function* (stage, [destination = '', seconds = '']) {
      const said = stage.options.dial(destination);
      const { status, answeredSeconds = 0 } = typeof said === 'string' ? { status: said } : said;
      const rings = Number(seconds) || RINGS_SECONDS;
      const takes = status === 'ANSWER' ? answeredSeconds : status === 'NOANSWER' ? rings : 0;
      const ended = yield* pause(stage, { ms: takes * 1000, keys: '', cancellable: false });
      const cancelled = ended.type === 'hangup' && status !== 'ANSWER';
      set(stage, 'DIALSTATUS', cancelled ? 'CANCEL' : status);
      set(stage, 'ANSWEREDTIME', status === 'ANSWER' ? String(Math.floor(ended.elapsedMs / 1000)) : '');
      return ended.type === 'hangup' ? -1 : 0;
    },
    goto: (stage, args) => {
      const { channel } = stage;
      const priority = args[args.length - 1] ?? '1';
      const context = args.length > 2 ? (args[0] as string) : channel.context;
      const extension = args.length > 1 ? (args[args.length - 2] as string) : channel.extension;
      const number = /^\d+$/.test(priority)
        ? Number(priority)
        : stage.options.labels[`${context},${extension},${priority}`];
      if (number === undefined) {
        stage.scope.warn(`there is no label ${context},${extension},${priority}: see the option labels`);
        return -1;
      }
      Object.assign(channel, { context, extension, priority: number, moved: true });
      stage.tell({ type: 'move', context, extension, priority: number });
      return 0;
    },
    saydigits: saying('digits'),
    sayalpha: saying('letters'),
    sayphonetic: saying('phonetic'),
    saynumber: saying('number'),
  } satisfies Record<string, Application>),
);

function readKeys(stage: Stage, file: string, most: string, seconds: number): ReturnType<typeof collect> {
  const ms = seconds > 0 ? seconds * 1000 : undefined;
  return collect(stage, file, { firstMs: ms ?? 10_000, nextMs: ms ?? 5000, most: Number(most) || 255 });
}
