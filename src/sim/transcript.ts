/** A call as text: what the caller hears, sees and does, and the lines on the wire. */
import type { CallEvent, CallHappening, HangupSource, SayKind } from './events';

const hangups: Record<HangupSource, string> = {
  caller: 'the caller hangs up',
  script: 'the script hangs up',
  timeout: 'the time of the call is over',
};

/** How what is said sounds, as far as text can show it. */
export function spoken(kind: SayKind, text: string): string {
  switch (kind) {
    case 'digits':
    case 'letters':
      return Array.from(text).join(' ');
    case 'date':
      return `the date of ${moment(text).slice(0, 10)}`;
    case 'time':
      return `the time of ${moment(text).slice(11)}`;
    case 'datetime':
      return `the moment ${moment(text)}`;
    case 'number':
      return `the number ${text}`;
    default:
      return `${Array.from(text).join(' ')}, by the phonetic alphabet`;
  }
}

function moment(epoch: string): string {
  const time = new Date(Number.parseInt(epoch, 10) * 1000);
  return Number.isNaN(time.getTime()) ? epoch : time.toISOString().replace('T', ' ').slice(0, 19);
}

/** One line for an event; undefined for what is no more than a hint. */
export function describeEvent(event: CallHappening): string | undefined {
  const text = describe(event);
  return text === undefined ? undefined : printable(text);
}

function describe(event: CallHappening): string | undefined {
  switch (event.type) {
    case 'command':
      return `> ${event.line}`;
    case 'reply':
      return `< ${event.line}`;
    case 'answer':
      return '☎ the call is answered';
    case 'play':
      return `♪ ${event.file}${event.missing ? ' (there is no such file)' : ''}`;
    case 'say':
      return `🗣 ${spoken(event.kind, event.text)}`;
    case 'listen':
      return undefined;
    case 'key':
      return `⌨ ${event.key}${event.heard ? '' : ' (nothing listens for it)'}`;
    case 'record':
      return `⏺ ${event.file}.${event.format}, ${seconds(event.durationMs)}`;
    case 'variable':
      return `✎ ${event.name} = ${event.value}`;
    case 'database':
      return event.value === undefined
        ? `✎ DB(${event.key}) is deleted`
        : `✎ DB(${event.key}) = ${event.value}`;
    case 'verbose':
      return `· ${event.text}`;
    case 'application':
      return `⚙ ${event.name}(${event.data})${event.result === 0 ? '' : `: ${event.result}`}`;
    case 'subroutine':
      return `⚙ Gosub(${event.place}(${event.arguments.join(',')}))`;
    case 'move':
      return `↪ ${event.context},${event.extension},${event.priority}`;
    case 'music':
      return event.on ? '♫ music on hold' : '♫ the music ends';
    case 'send':
      return `✉ ${event.what}: ${event.text}`;
    case 'hangup':
      return `✆ ${hangups[event.by]}`;
    case 'warning':
      return `! ${event.text}`;
    case 'end':
      return `■ the script has ended: AGISTATUS is ${event.status}`;
  }
}

/** So many lines a message shows of a conversation's beginning, before and behind a mark, and of its end. */
const SHOWN_LINES = 100;

/** The conversation so far, a line each, with the time in front. */
export function transcript(events: readonly CallEvent[]): string {
  return events.flatMap(lineOf).join('\n');
}

/**
 * The same for a message, with a place marked: of a script that runs in circles nobody reads it all.
 * @param at the index of the event that the mark stands before
 */
export function excerpt(events: readonly CallEvent[], at?: number, mark = ''): string {
  const lines: string[] = [];
  let markedAt: number | undefined;
  for (let index = 0; index <= events.length; index++) {
    if (index === at) {
      markedAt = lines.length;
      lines.push(`────────  ${mark}`);
    }
    lines.push(...(events[index] ? lineOf(events[index] as CallEvent) : []));
  }
  const isShown = (line: number) =>
    line < SHOWN_LINES ||
    line >= lines.length - SHOWN_LINES ||
    (markedAt !== undefined && Math.abs(line - markedAt) <= SHOWN_LINES);
  const shown: string[] = [];
  for (let line = 0; line < lines.length; line++) {
    const from = line;
    while (line < lines.length && !isShown(line)) line++;
    if (line > from) shown.push(`       …  ${line - from} lines`);
    shown.push(lines[line] as string);
  }
  return shown.join('\n');
}

function lineOf(event: CallEvent): string[] {
  const text = describeEvent(event);
  return text === undefined ? [] : [`${seconds(event.atMs).padStart(8)}  ${text}`];
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Control characters as escapes: a script's text must not move the terminal's cursor. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
