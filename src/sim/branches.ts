/** Applications by which a dialplan goes elsewhere, and those that choose (pbx.c, app_stack.c, app_exec.c). */
import type { Frame } from './channel';
import { takeApart } from './function-arguments';
import { isTruth, writeVariable } from './functions';
import { move, priorityToTell } from './place';
import type { Stage } from './steps';

interface Target {
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
}

/** `[[context,]extension,]priority`; the priority is a number, a label, or a step from where the script was called. */
function targetOf(stage: Stage, text: string): Target | undefined {
  const { channel } = stage;
  const parts = text.split(',');
  const priority = parts[Math.min(parts.length, 3) - 1] ?? '';
  const context = parts.length > 2 ? (parts[0] as string) : channel.context;
  const extension = parts.length > 1 ? (parts[parts.length > 2 ? 1 : 0] as string) : channel.extension;
  if (/^\s*[+-]?\d+$/.test(priority)) {
    const from = /^[+-]/.test(priority) ? priorityToTell(channel) : 0;
    return { context, extension, priority: from + Number(priority) };
  }
  const label = `${context},${extension},${priority}`;
  const labelled = stage.options.labels[label];
  if (labelled !== undefined) return { context, extension, priority: labelled };
  stage.scope.warn(`there is no label ${label}: see the option labels`);
  return undefined;
}

/** Goto(). Whether there is such a place is seen when the dialplan goes there. */
export function goTo(stage: Stage, text: string): number {
  const target = targetOf(stage, text);
  if (!target) return -1;
  // a step back to before the beginning is none
  if (target.priority >= 0) move(stage, target);
  return 0;
}

/** `condition?place:other place`. */
export function goToIf(stage: Stage, text: string): number {
  const [, condition = '', yes = '', no = ''] = /^([^?]*)\??([^:]*):?(.*)$/s.exec(text) ?? [];
  const branch = isTruth(condition.trimStart()) ? yes : no;
  return branch === '' ? 0 : goTo(stage, branch);
}

/**
 * Gosub(). By EXEC it runs nothing: it changes where the dialplan goes on when the script has ended, and where Return()
 * there comes back to.
 */
export function goSub(stage: Stage, text: string): number {
  const [, place = '', given = ''] = /^([^(]*)\(?(.*?)\)?$/s.exec(text) ?? [];
  if (place === '') return -1;
  const target = targetOf(stage, place);
  if (!target) return -1;
  const { context, extension, priority } = target;
  const where = `${context},${extension},${priority}`;
  const known = Object.keys(stage.options.subroutines);
  const isLabelled = Object.entries(stage.options.labels).some(
    ([label, number]) => number === priority && label.startsWith(`${context},${extension},`),
  );
  if (priority < 1 || (known.length > 0 && !known.includes(where) && !isLabelled)) {
    stage.scope.warn(`there is no subroutine ${where}: see the option subroutines`);
    return -1;
  }
  stage.scope.warn(
    `EXEC Gosub runs nothing now: the dialplan goes on at ${where} when the script has ended. The command GOSUB (agi.gosub) runs a subroutine at once`,
  );
  const { channel } = stage;
  const args = given === '' ? [] : takeApart(given, { raw: true });
  const values = new Map(args.map((value, at) => [`ARG${at + 1}`, value]));
  values.set('ARGC', String(args.length));
  const before = new Map([...values.keys()].map((name) => [name, channel.variables.get(name)]));
  // those of a subroutine around it are not seen in here
  const around = channel.subroutines.at(-1)?.names ?? [];
  for (const name of around) {
    if (values.has(name)) continue;
    before.set(name, channel.variables.get(name));
    channel.variables.delete(name);
  }
  channel.subroutines.push({
    context: channel.context,
    extension: channel.extension,
    priority: channel.priority,
    moved: channel.moved,
    names: [...values.keys()],
    before,
  });
  for (const [name, value] of values) channel.set(name, value);
  move(stage, target);
  return 0;
}

/** `condition?place(arguments):other place`. */
export function goSubIf(stage: Stage, text: string): number {
  const branch = chosenApplication(text);
  return branch ? goSub(stage, branch) : 0;
}

/** Return(). */
export function goBack(stage: Stage, value: string): number {
  const frame = leaveSubroutine(stage);
  if (!frame) return -1;
  writeVariable('GOSUB_RETVAL', value, stage.scope);
  stage.tell({ type: 'variable', name: 'GOSUB_RETVAL', value });
  const { context, extension, priority, moved } = frame;
  move(stage, { context, extension, priority });
  stage.channel.moved = moved;
  return 0;
}

/** Forgets where a subroutine was called from; its arguments go with it. */
export function leaveSubroutine({ channel }: Stage): Frame | undefined {
  const frame = channel.subroutines.pop();
  for (const [name, value] of frame?.before ?? []) {
    if (value === undefined) channel.variables.delete(name);
    else channel.set(name, value);
  }
  return frame;
}

/** What `condition?one:other` chooses; undefined where it chooses nothing. */
export function chosenApplication(text: string): string | undefined {
  const [condition = '', outcomes = ''] = takeApart(text, { at: '?', most: 2, raw: true });
  const [yes = '', no] = takeApart(outcomes, { at: ':', most: 2, raw: true });
  return isTruth(condition.trimStart()) ? yes : no;
}
