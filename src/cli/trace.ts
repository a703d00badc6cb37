/** `fastagi trace`: shows what was said in a call, and what took how long. */
import { once } from 'node:events';
import type { Argv } from 'yargs';
import { readConfig } from '../config';
import { CallTable, readCall } from '../trace/calls';
import { chosenNames, Redaction } from '../trace/redaction';
import { TextView } from '../trace/text';
import { type Step, Summary, Timeline } from '../trace/timeline';
import { visible } from '../trace/visible';
import { exitCodeOf } from './exit-codes';
import { sayAs } from './output';

const say = sayAs('trace');

export const options = (parser: Argv) =>
  parser
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'A trace, or a log of Asterisk\'s with the lines of "agi set debug on"',
    })
    .option('call', {
      type: 'string',
      requiresArg: true,
      describe: 'Which call of a log: its number, unique id or channel',
    })
    .option('html', {
      type: 'string',
      requiresArg: true,
      describe: 'Write a page with the timeline drawn to this file',
    })
    .option('digits', {
      type: 'boolean',
      default: false,
      describe: 'Show the keys that the caller pressed, where they are in the file',
    })
    .epilogue('Exit code 0: done; 1: the page cannot be written; 2: wrong use; 3: no such trace or call.');

export async function run(given: Record<string, unknown>): Promise<number> {
  const { file, call, html, digits, config } = given as {
    file: string;
    config?: string;
    call?: string;
    html?: string;
    digits: boolean;
  };
  try {
    const calls = await CallTable.of(file);
    // a trace was written without what the configuration names; a log of Asterisk's has it still
    const names = calls.isLog ? chosenNames(readConfig(config).sections.fastagi?.trace_redact) : [];
    const redaction = new Redaction({ names, digits });
    const chosen = calls.choose(call);
    if (chosen === undefined) {
      await print(calls.lines('--call', redaction));
      return 0;
    }
    if (html !== undefined) {
      const { writePage } = await import('../trace/page');
      await writePage({ file, call: chosen, redaction, html });
      return 0;
    }
    await show(file, chosen, redaction);
    return 0;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    say(visible((error as Error).message));
    return code;
  }
}

async function show(file: string, call: number, redaction: Redaction): Promise<void> {
  const { isTTY = false, columns } = process.stdout;
  const colour = isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  const view = new TextView(isTTY ? { colour, columns } : { colour });
  const timeline = new Timeline();
  const summary = new Summary();
  const notes: string[] = [];
  const linesOf = (steps: readonly Step[]) =>
    steps.flatMap((step) => {
      summary.push(step);
      return view.step(step);
    });
  for await (const events of readCall(file, call, redaction)) {
    const lines: string[] = [];
    for (const event of events) {
      if (event.type === 'note') notes.push(event.text);
      else if (event.type === 'call') lines.push(...view.header(event.header));
      else lines.push(...linesOf(timeline.push(event.entry)));
    }
    await print(lines);
  }
  const rest = linesOf(timeline.end());
  await print([...rest, ...view.summary(summary), ...notes.map((text) => view.note(text))]);
}

/** No faster than the reader takes it, for a trace may be larger than memory. */
async function print(lines: readonly string[]): Promise<void> {
  if (lines.length > 0 && !process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain');
}
