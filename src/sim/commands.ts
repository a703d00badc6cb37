/**
 * Asterisk's 47 AGI commands, as it answers them (res_agi.c and, for GOSUB, app_stack.c). What the table of
 * conversations in test/sim says is held against the real one.
 */
import { splitArguments } from '../wire/dialplan';
import { execute } from './applications';
import { cutBytes, VALUE_BYTES } from './buffers';
import { atoi, scan } from './c-numbers';
import { readVariable, substitute } from './expressions';
import { writeVariable } from './functions';
import { answered, controlStreamFile, recordFile, speechRecognize } from './long-commands';
import { move } from './place';
import {
  ANY_KEY,
  answer,
  collect,
  type Outcome,
  pause,
  play,
  resultOf,
  type Stage,
  type Steps,
  say,
} from './steps';

/** @param words the whole command, its own words in front */
type Handler = (stage: Stage, words: readonly string[]) => Outcome | Steps<Outcome>;

export interface Command {
  readonly name: readonly string[];
  /** Whether it is taken on a channel that has hung up. */
  readonly dead: boolean;
  /** What it takes, in our own words. */
  readonly usage: string;
  readonly run: Handler;
}

const MAX_DIGITS = 1024;

/** The SAY commands: their number of words, a check of the first argument, how long it takes. */
function saying(
  kind: Parameters<typeof say>[1],
  countWords: (text: string) => number,
  { most = 4, isRight = () => true }: { most?: number; isRight?: (text: string) => boolean } = {},
): Handler {
  return function* (stage, words) {
    const [, , text = '', keys = ''] = words;
    if (words.length < 4 || words.length > most || !isRight(text)) return 'usage';
    const result = yield* say(stage, kind, text, countWords(text), keys);
    stage.reply(`200 result=${result}`);
    return result < 0 ? 'failure' : 'success';
  };
}

const characters = (text: string): number => Array.from(text).length;
const isNumber = (text: string): boolean => scan(text) !== undefined;

function onSpeech(count: number, work: (stage: Stage, words: readonly string[]) => number): Handler {
  return (stage, words) => {
    if (words.length !== count) return 'usage';
    return answered(stage, stage.speech ? work(stage, words) : 0);
  };
}

function setVariable(stage: Stage, name: string, value: string): void {
  writeVariable(name, value, stage.scope);
  stage.tell({ type: 'variable', name, value });
}

function setCallerId(stage: Stage, text: string): void {
  stage.channel.callerId = text;
  stage.tell({ type: 'variable', name: 'CALLERID(all)', value: stage.channel.callerId });
}

const handlers: Record<string, readonly [dead: boolean, usage: string, run: Handler]> = {
  answer: [
    false,
    '',
    (stage) => {
      answer(stage);
      return answered(stage, 0);
    },
  ],
  'asyncagi break': [true, '', (stage) => answered(stage, 0)],
  'channel status': [
    false,
    '[channel name]',
    (stage, words) => {
      if (words.length > 3) return 'usage';
      const known = words.length === 2 || words[2] === stage.channel.name;
      return answered(stage, !known ? -1 : stage.channel.answered ? 6 : 4);
    },
  ],
  'control stream file': [
    false,
    'file escape_digits [skip_ms] [forward] [rewind] [pause] [offset_ms]',
    controlStreamFile,
  ],
  'database del': [
    true,
    'family key',
    (stage, words) => {
      if (words.length !== 4) return 'usage';
      stage.channel.surroundings.database.delete(`${words[2]}/${words[3]}`);
      stage.tell({ type: 'database', key: `${words[2]}/${words[3]}`, value: undefined });
      return answered(stage, 1);
    },
  ],
  'database deltree': [
    true,
    'family [key tree]',
    (stage, words) => {
      if (words.length < 3 || words.length > 4) return 'usage';
      const place = words.length === 4 && words[3] !== '' ? `${words[2]}/${words[3]}` : (words[2] as string);
      const { database } = stage.channel.surroundings;
      const below = [...database.keys()].filter(
        (key) => place === '' || key === place || key.startsWith(`${place}/`),
      );
      for (const key of below) {
        database.delete(key);
        stage.tell({ type: 'database', key, value: undefined });
      }
      // the other way round than everywhere else
      return answered(stage, below.length > 0 ? 0 : 1);
    },
  ],
  'database get': [
    true,
    'family key',
    (stage, words) => {
      if (words.length !== 4) return 'usage';
      const value = stage.channel.surroundings.database.get(`${words[2]}/${words[3]}`);
      return answered(stage, value === undefined ? 0 : `1 (${value})`);
    },
  ],
  'database put': [
    true,
    'family key value',
    (stage, words) => {
      if (words.length !== 5) return 'usage';
      const key = `${words[2]}/${words[3]}`;
      stage.channel.surroundings.database.set(key, words[4] as string);
      stage.tell({ type: 'database', key, value: words[4] as string });
      return answered(stage, 1);
    },
  ],
  exec: [
    true,
    'application options',
    function* (stage, words) {
      if (words.length < 2) return 'usage';
      const [, name = '', options = ''] = words;
      const full = /^(yes|true|y|t|1|on)$/i.test(stage.channel.variables.get('AGIEXECFULL') ?? '');
      const data = full ? substitute(options, stage.scope) : options;
      const result = yield* execute(stage, name, data);
      stage.reply(`200 result=${result}`);
      stage.tell({ type: 'application', name, data, result });
      // its result is taken for the command's own: 1 is "show usage", 2 is a failure
      return result === 1 ? 'usage' : result === 2 ? 'failure' : 'success';
    },
  ],
  'get data': [
    false,
    'file [timeout_ms] [max digits]',
    function* (stage, words) {
      if (words.length < 3) return 'usage';
      const timeout = atoi(words[3]);
      const most = words.length >= 5 ? atoi(words[4]) : MAX_DIGITS;
      const timing = timeout > 0 ? [timeout, timeout] : timeout < 0 ? [-1, -1] : [6000, 2000];
      const { end, digits } = yield* collect(stage, words[2] as string, {
        firstMs: timing[0] as number,
        nextMs: timing[1] as number,
        most,
      });
      // no reply: there is another command
      if (end === 'command') return 'success';
      if (end === 'hangup' || end === 'missing') return answered(stage, -1);
      return answered(stage, end === 'timeout' ? `${digits} (timeout)` : digits);
    },
  ],
  'get full variable': [
    true,
    'expression [channel name]',
    (stage, words) => {
      if (words.length < 4 || words.length > 5) return 'usage';
      if (words.length === 5 && words[4] !== stage.channel.name) return answered(stage, 0);
      return answered(stage, `1 (${substitute(words[3] as string, stage.scope)})`);
    },
  ],
  'get option': [
    false,
    'file escape_digits [timeout_ms]',
    function* (stage, words) {
      if (words.length < 4 || words.length > 5) return 'usage';
      const [, , file = '', keys = ''] = words;
      const timeout = words.length === 5 ? atoi(words[4]) : stage.channel.timeouts.digit * 1000;
      const played = yield* play(stage, file, { keys, cancellable: true });
      if (played.type === 'command') return 'success';
      let result = resultOf(played);
      if (played.type === 'time') {
        const wait = { keys: ANY_KEY, cancellable: true };
        const waited = yield* pause(stage, timeout < 0 ? wait : { ...wait, ms: timeout });
        // a wrong key, a hangup and nothing at all look alike
        result = waited.type === 'key' && keys.includes(waited.key) ? resultOf(waited) : 0;
      }
      stage.reply(`200 result=${result} endpos=${played.samples}`);
      return result < 0 ? 'failure' : 'success';
    },
  ],
  'get variable': [
    true,
    'name',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      const value = readVariable(words[2] as string, stage.scope);
      return answered(stage, value === undefined ? 0 : `1 (${cutBytes(value, VALUE_BYTES)})`);
    },
  ],
  gosub: [
    false,
    'context extension priority [arguments]',
    (stage, words) => {
      if (words.length < 4 || words.length > 5) return 'usage';
      const place = words.slice(1, 4).join(',');
      const run = stage.options.subroutines[place];
      if (!run) {
        stage.scope.warn(`there is no subroutine ${place}: see the option subroutines`);
        stage.reply('200 result=-1 Gosub label not found');
        return 'failure';
      }
      const args = words[4] === undefined ? [] : splitArguments(words[4], true);
      stage.reply('100 result=0 Trying...');
      stage.tell({ type: 'subroutine', place, arguments: args });
      run(stage.channel, args);
      stage.reply('200 result=0 Gosub complete');
      return 'success';
    },
  ],
  hangup: [
    false,
    '[channel name]',
    (stage, words) => {
      if (words.length > 2) return 'usage';
      if (words.length === 2 && words[1] !== stage.channel.name) return answered(stage, -1);
      stage.hangUp('script');
      return answered(stage, 1);
    },
  ],
  noop: [true, '[anything]', (stage) => answered(stage, 0)],
  'receive char': [
    false,
    'timeout_ms',
    function* (stage, words) {
      if (words.length !== 3) return 'usage';
      const got = yield* pause(stage, {
        ms: Math.max(0, atoi(words[2])),
        keys: '',
        cancellable: false,
        text: true,
      });
      if (got.type === 'text') return answered(stage, got.text.codePointAt(0) ?? 0);
      stage.reply('200 result=-1 (hangup)');
      return 'failure';
    },
  ],
  'receive text': [
    false,
    'timeout_ms',
    function* (stage, words) {
      if (words.length !== 3) return 'usage';
      const got = yield* pause(stage, {
        ms: Math.max(0, atoi(words[2])),
        keys: '',
        cancellable: false,
        text: true,
      });
      return answered(stage, got.type === 'text' ? `1 (${got.text})` : -1);
    },
  ],
  'record file': [
    false,
    'file format escape_digits timeout_ms [offset samples] [BEEP] [s=silence seconds]',
    recordFile,
  ],
  'say alpha': [false, 'text escape_digits', saying('letters', characters)],
  'say date': [false, 'epoch escape_digits', saying('date', () => 4, { isRight: isNumber })],
  'say datetime': [
    false,
    'epoch escape_digits [format] [zone]',
    saying('datetime', () => 6, { most: 127, isRight: isNumber }),
  ],
  'say digits': [false, 'number escape_digits', saying('digits', characters, { isRight: isNumber })],
  'say number': [
    false,
    'number escape_digits [gender]',
    saying('number', (text) => String(Math.abs(atoi(text))).length, { most: 5, isRight: isNumber }),
  ],
  'say phonetic': [false, 'text escape_digits', saying('phonetic', characters)],
  'say time': [false, 'epoch escape_digits', saying('time', () => 3, { isRight: isNumber })],
  'send image': [
    false,
    'file',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      stage.tell({ type: 'send', what: 'image', text: words[2] as string });
      return answered(stage, 0);
    },
  ],
  'send text': [
    false,
    'text',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      stage.tell({ type: 'send', what: 'text', text: words[2] as string });
      return answered(stage, 0);
    },
  ],
  'set autohangup': [
    false,
    'seconds',
    (stage, words) => {
      const found = /^\s*[+-]?(\d+\.?\d*|\.\d+)/.exec(words[2] ?? '');
      if (words.length !== 3 || !found) return 'usage';
      const seconds = Number(found[0]);
      stage.channel.hangupAt = seconds > 0 ? stage.now() + seconds * 1000 : undefined;
      return answered(stage, 0);
    },
  ],
  'set callerid': [
    false,
    'callerid',
    (stage, words) => {
      if (words[2] !== undefined) setCallerId(stage, words[2]);
      return answered(stage, 1);
    },
  ],
  'set context': [
    false,
    'context',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      move(stage, { context: words[2] as string });
      return answered(stage, 0);
    },
  ],
  'set extension': [
    false,
    'extension',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      move(stage, { extension: words[2] as string });
      return answered(stage, 0);
    },
  ],
  'set music': [
    false,
    'on|off [class]',
    (stage, words) => {
      if (words.length < 3) return 'usage';
      if (/^on/i.test(words[2] as string)) stage.tell({ type: 'music', on: true });
      else if (/^off/i.test(words[2] as string)) stage.tell({ type: 'music', on: false });
      return answered(stage, 0);
    },
  ],
  'set priority': [
    false,
    'priority or label',
    (stage, words) => {
      if (words.length !== 3) return 'usage';
      const { context, extension } = stage.channel;
      const priority = scan(words[2]) ?? stage.options.labels[`${context},${extension},${words[2]}`];
      if (priority === undefined) {
        stage.scope.warn(`there is no label ${context},${extension},${words[2]}: see the option labels`);
        return 'usage';
      }
      move(stage, { priority });
      return answered(stage, 0);
    },
  ],
  'set variable': [
    true,
    'name value',
    (stage, words) => {
      if (words.length !== 4) return 'usage';
      setVariable(stage, words[2] as string, words[3] as string);
      return answered(stage, 1);
    },
  ],
  'speech activate grammar': [false, 'name', onSpeech(4, () => 1)],
  'speech create': [
    false,
    'engine',
    (stage) => {
      if (stage.speech || !stage.options.speech) return answered(stage, 0);
      stage.speech = true;
      return answered(stage, 1);
    },
  ],
  'speech deactivate grammar': [false, 'name', onSpeech(4, () => 1)],
  'speech destroy': [
    true,
    '',
    (stage) => {
      const was = stage.speech;
      stage.speech = false;
      return answered(stage, was ? 1 : 0);
    },
  ],
  'speech load grammar': [false, 'name file', onSpeech(5, () => 1)],
  'speech recognize': [false, 'prompt timeout_seconds [offset]', speechRecognize],
  'speech set': [false, 'name value', onSpeech(4, () => 1)],
  'speech unload grammar': [true, 'name', onSpeech(4, () => 1)],
  'stream file': [
    false,
    'file escape_digits [offset samples]',
    function* (stage, words) {
      if (words.length < 4 || words.length > 5) return 'usage';
      const offset = words.length === 5 ? scan(words[4]) : 0;
      if (offset === undefined) return 'usage';
      const [, , file = '', keys = ''] = words;
      const played = yield* play(stage, file, { keys, cancellable: true, offset });
      // no reply: there is another command
      if (played.type === 'command') return 'success';
      const result = resultOf(played);
      stage.reply(`200 result=${result} endpos=${played.samples}`);
      return result < 0 ? 'failure' : 'success';
    },
  ],
  'tdd mode': [
    false,
    'on|off|mate|tdd',
    (stage, words) => (words.length === 3 ? answered(stage, 0) : 'usage'),
  ],
  verbose: [
    true,
    'text [level]',
    (stage, words) => {
      if (words.length < 2) return 'usage';
      stage.tell({ type: 'verbose', text: words[1] as string, level: atoi(words[2]) });
      return answered(stage, 1);
    },
  ],
  'wait for digit': [
    false,
    'timeout_ms',
    function* (stage, words) {
      const timeout = scan(words[3]);
      if (words.length !== 4 || timeout === undefined) return 'usage';
      const wait = { keys: ANY_KEY, cancellable: true };
      const waited = yield* pause(stage, timeout < 0 ? wait : { ...wait, ms: timeout });
      // another command is a 1
      const result = waited.type === 'command' ? 1 : resultOf(waited);
      stage.reply(`200 result=${result}`);
      return result < 0 ? 'failure' : 'success';
    },
  ],
};

const commands: readonly Command[] = Object.entries(handlers).map(([name, [dead, usage, run]]) => ({
  name: name.split(' '),
  dead,
  usage: `${name.toUpperCase()}${usage && ' '}${usage}`,
  run,
}));

/** The command that these words begin with, in any case of letters. */
export function findCommand(words: readonly string[]): Command | undefined {
  return commands.find(
    ({ name }) => words.length >= name.length && name.every((word, at) => words[at]?.toLowerCase() === word),
  );
}
