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
  switch (event.type) {
    case 'command':
      return `> ${printable(event.line)}`;
    case 'reply':
      return `< ${printable(event.line)}`;
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
      return `✎ ${event.name} = ${printable(event.value)}`;
    case 'database':
      return event.value === undefined
        ? `✎ DB(${event.key}) is deleted`
        : `✎ DB(${event.key}) = ${printable(event.value)}`;
    case 'verbose':
      return `· ${printable(event.text)}`;
    case 'application':
      return `⚙ ${event.name}(${printable(event.data)})${event.result === 0 ? '' : `: ${event.result}`}`;
    case 'subroutine':
      return `⚙ Gosub(${event.place}(${event.arguments.join(',')}))`;
    case 'move':
      return `↪ ${event.context},${event.extension},${event.priority}`;
    case 'music':
      return event.on ? '♫ music on hold' : '♫ the music ends';
    case 'send':
      return `✉ ${event.what}: ${printable(event.text)}`;
    case 'hangup':
      return `✆ ${hangups[event.by]}`;
    case 'warning':
      return `! ${event.text}`;
    case 'end':
      return `■ the script has ended: AGISTATUS is ${event.status}`;
  }
}

/** The conversation so far, a line each, with the time in front. @param marks what to write before the event of an index */
export function transcript(
  events: readonly CallEvent[],
  marks: ReadonlyMap<number, string> = new Map(),
): string {
  const lines: string[] = [];
  events.forEach((event, index) => {
    const mark = marks.get(index);
    if (mark !== undefined) lines.push(`────────  ${mark}`);
    const text = describeEvent(event);
    if (text !== undefined) lines.push(`${seconds(event.atMs).padStart(8)}  ${text}`);
  });
  const last = marks.get(events.length);
  if (last !== undefined) lines.push(`────────  ${last}`);
  return lines.join('\n');
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
