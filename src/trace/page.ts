/** A call as a page of its own: the timeline drawn, with nothing in it that comes from elsewhere or runs. */
import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { whyUnwritten } from '../file-problems';
import { readCall } from './calls';
import type { TraceHeader } from './entry';
import { TraceError } from './reader';
import type { Redaction } from './redaction';
import { headerRows } from './text';
import { type Exchange, type Moment, type Step, Summary, Timeline } from './timeline';
import { clock, count, duration, visible } from './visible';

/** So many steps are drawn; the figures are of all. */
const MAX_STEPS = 2000;
/** So much is shown of one line. */
const MAX_SHOWN = 4000;
/** From here on a time stands out. */
const SLOW_MS = 1000;

export interface PageOptions {
  readonly file: string;
  readonly call: number;
  /** What is left out of it. */
  readonly redaction: Redaction;
  /** The page's file. */
  readonly html: string;
}

/**
 * Writes the page of one call, readable by its owner alone.
 * @throws TraceError where the trace cannot be read or the page not be written
 */
export async function writePage({ file, call, redaction, html }: PageOptions): Promise<void> {
  if (isSameFile(file, html))
    throw new TraceError('TRACE_SAME_FILE', `${html} is the trace itself: name another file for the page`);
  const page = new TracePage();
  for await (const events of readCall(file, call, redaction)) {
    for (const event of events) {
      if (event.type === 'call') page.header = event.header;
      else if (event.type === 'note') page.note(event.text);
      else page.push(event.entry);
    }
  }
  try {
    writeFileSync(html, page.toString(), { mode: 0o600 });
  } catch (error) {
    throw new TraceError('TRACE_PAGE', `the page ${html} cannot be written: ${whyUnwritten(error, html)}`);
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

export class TracePage {
  header: TraceHeader = { trace: 1, started: '' };
  readonly #timeline = new Timeline();
  readonly #summary = new Summary();
  readonly #steps: Step[] = [];
  readonly #notes: string[] = [];
  #left = 0;

  push(entry: Parameters<Timeline['push']>[0]): void {
    this.#take(this.#timeline.push(entry));
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  #take(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#summary.push(step);
      if (this.#steps.length < MAX_STEPS) this.#steps.push(step);
      else this.#left++;
    }
  }

  /** The whole page; the call is over with it. */
  toString(): string {
    this.#take(this.#timeline.end());
    const summary = this.#summary;
    const totalMs = Math.max(summary.totalMs, 0.001);
    const title = `${html(this.header.script ?? 'A call', 200)}`;
    const notes = [...this.#notes];
    if (this.#left > 0)
      notes.push(`${count(this.#left, 'step')} more are not drawn; the figures above are of all of them`);
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – call trace</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kind">Call trace</p>
<h1>${title}</h1>
<dl class="facts">${[['started', this.header.started] as const, ...headerRows(this.header)]
      .map(([name, value]) => `<div><dt>${html(name)}</dt><dd>${html(value, 400)}</dd></div>`)
      .join('')}</dl>
</header>
${figures(summary)}
${notes.length > 0 ? `<ul class="notes">${notes.map((text) => `<li>${html(text)}</li>`).join('')}</ul>` : ''}
<section aria-labelledby="overview">
<h2 id="overview">Overview</h2>
${overview(this.#steps, summary, totalMs)}
</section>
<section aria-labelledby="steps">
<h2 id="steps">Step by step</h2>
<input type="radio" name="shown" id="all" checked><label for="all">All</label>
<input type="radio" name="shown" id="slow"><label for="slow">From ${duration(SLOW_MS)} on</label>
<input type="radio" name="shown" id="odd"><label for="odd">Refused and failed</label>
<p class="columns" aria-hidden="true"><span>at</span><span>command and reply</span><span></span><span class="ms">script</span><span class="ms">Asterisk</span></p>
<ol>
${this.#steps.map((step, index) => row(step, index, totalMs)).join('\n')}
</ol>
</section>
</main>
</body>
</html>
`;
  }
}

function figures(summary: Summary): string {
  const both = summary.asteriskMs + summary.scriptMs || 1;
  const share = (ms: number) => `${Math.round((100 * ms) / both)} %`;
  const cards: [string, string, string][] = [
    ['', 'whole call', duration(summary.totalMs)],
    ['asterisk', `Asterisk, ${share(summary.asteriskMs)}`, duration(summary.asteriskMs)],
    ['script', `the script, ${share(summary.scriptMs)}`, duration(summary.scriptMs)],
    ['', summary.commands === 1 ? 'command' : 'commands', String(summary.commands)],
  ];
  if (summary.refused > 0) cards.push(['bad', 'refused', String(summary.refused)]);
  if (summary.hungUpMs !== undefined) cards.push(['bad', 'hung up at', clock(summary.hungUpMs)]);
  if (summary.end !== undefined) cards.push(['', 'end', summary.end]);
  const shown = cards
    .map(
      ([kind, name, value]) =>
        `<div class="figure ${kind}"><dt>${html(name)}</dt><dd>${html(value, 60)}</dd></div>`,
    )
    .join('');
  const error =
    summary.error === undefined ? '' : `<p class="error" role="note">${html(summary.error, 600)}</p>`;
  return `<dl class="figures">${shown}</dl>${error}`;
}

/** The whole call in two lanes; each part leads to its step. */
function overview(steps: readonly Step[], summary: Summary, totalMs: number): string {
  const width = 1000;
  const x = (ms: number) => round((ms / totalMs) * width);
  const parts = steps.map((step, index) => {
    if (step.type !== 'exchange') {
      if (step.type !== 'hangup' && step.type !== 'error') return '';
      return `<line class="bad" x1="${x(step.atMs)}" x2="${x(step.atMs)}" y1="0" y2="72"/>`;
    }
    const { scriptMs, asteriskMs = 0, atMs } = step;
    const bars = [
      scriptMs > 0 ? bar('script', x(atMs - scriptMs), 40, x(scriptMs), 22) : '',
      asteriskMs > 0 ? bar('asterisk', x(atMs), 10, x(asteriskMs), 22) : '',
    ].join('');
    // a bar that nobody could see or hit is not there to be reached by the keyboard either
    if (x(scriptMs) < 2 && x(asteriskMs) < 2) return bars;
    return `<a href="#step-${index + 1}"><title>${html(step.command, 200)}: Asterisk ${duration(asteriskMs)}, the script before it ${duration(scriptMs)}</title>${bars}</a>`;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    return `<line class="grid" x1="${round(part * width)}" x2="${round(part * width)}" y1="0" y2="72"/><text x="${round(part * width)}" y="88" text-anchor="${anchor}">${clock(part * totalMs)}</text>`;
  });
  return `<figure>
<svg class="overview" viewBox="0 0 ${width} 94" role="group" aria-label="The call from its beginning to its end, ${duration(summary.totalMs)}: above what Asterisk did, below what the script did">
${marks.join('')}${parts.join('')}
</svg>
<figcaption><span class="key asterisk"></span> Asterisk carries out a command <span class="key script"></span> the script works, before it sends one</figcaption>
</figure>`;
}

function bar(kind: string, x: number, y: number, width: number, height: number): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${Math.max(width, 0.6)}" height="${height}" rx="1"/>`;
}

function row(step: Step, index: number, totalMs: number): string {
  return step.type === 'exchange' ? exchangeRow(step, index, totalMs) : momentRow(step, index);
}

function momentRow({ type, text, atMs }: Moment, index: number): string {
  const kind = type === 'error' || type === 'hangup' ? 'moment odd' : 'moment';
  const name = type === 'script' || type === 'error' || type === 'end' ? `${type}: ` : '';
  return `<li class="${kind}" id="step-${index + 1}"><span class="at">${clock(atMs)}</span><span class="what">${name}${html(text, MAX_SHOWN)}</span></li>`;
}

function exchangeRow(exchange: Exchange, index: number, totalMs: number): string {
  const { command, reply, atMs, scriptMs, asteriskMs, outcome, redacted } = exchange;
  const slow = scriptMs >= SLOW_MS || (asteriskMs ?? 0) >= SLOW_MS;
  const kinds = [slow ? 'slow' : '', outcome === 'done' ? '' : 'odd', outcome].filter((kind) => kind !== '');
  const x = (ms: number) => round((ms / totalMs) * 200);
  const bars = `<svg class="bars" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">${bar('script', x(atMs - scriptMs), 2, x(scriptMs), 8)}${bar('asterisk', x(atMs), 2, x(asteriskMs ?? 0), 8)}</svg>`;
  const answer = reply === undefined ? 'no answer' : html(reply.split('\n', 1)[0] as string, 300);
  return `<li class="${kinds.join(' ')}" id="step-${index + 1}"><details><summary><span class="at">${clock(atMs)}</span><span class="what"><code>${html(command, 300)}</code><span class="answer">${answer}</span></span>${bars}<span class="ms script"><span class="unseen">script </span>${duration(scriptMs)}</span><span class="ms asterisk"><span class="unseen">Asterisk </span>${asteriskMs === undefined ? '–' : duration(asteriskMs)}</span></summary><dl><dt>sent</dt><dd><pre>${lines(command)}</pre></dd><dt>answered</dt><dd><pre>${reply === undefined ? 'nothing' : lines(reply)}</pre></dd></dl>${redacted ? '<p class="left-out">Something is left out here: *** stands for it, or a * for each key.</p>' : ''}</details></li>`;
}

function lines(text: string): string {
  return text
    .slice(0, MAX_SHOWN)
    .split('\n')
    .map((line) => html(line))
    .join('\n');
}

function html(text: string, most = MAX_SHOWN): string {
  return visible(text, most).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const style = `
:root {
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2328; --quiet: #5b6670; --line: #dfe3e6;
  --asterisk: #1f6fb2; --script: #b8590b; --bad: #b3261e; --focus: #6b3fd4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --card: #1c2227; --ink: #e6eaed; --quiet: #9aa7b1; --line: #333c44;
    --asterisk: #5fb0f0; --script: #f0a04b; --bad: #ff8a80; --focus: #b79bff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .75rem; font-size: 1.05rem; }
.kind { margin: 0; color: var(--quiet); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; }
dl, dd, ol, figure { margin: 0; padding: 0; }
dt { color: var(--quiet); font-size: .8rem; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; }
.facts dd { overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin-top: 1.5rem; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem; border-top-width: 3px; }
.figure dd { font-size: 1.2rem; font-variant-numeric: tabular-nums; }
.figure.asterisk { border-top-color: var(--asterisk); }
.figure.script { border-top-color: var(--script); }
.figure.bad { border-top-color: var(--bad); }
.error, .notes { border: 1px solid var(--line); border-left: 3px solid var(--bad); border-radius: .4rem; padding: .6rem .9rem; margin: 1rem 0 0; overflow-wrap: anywhere; }
.notes { list-style: none; border-left-color: var(--script); color: var(--quiet); }
figure { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; }
svg { display: block; width: 100%; }
rect.asterisk { fill: var(--asterisk); }
rect.script { fill: var(--script); }
line.grid { stroke: var(--line); }
line.bad { stroke: var(--bad); stroke-width: 2; }
.overview text { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
.overview a:hover rect { opacity: .7; }
.overview a:focus { outline: none; }
.overview a:focus-visible rect { stroke: var(--focus); stroke-width: 3; }
figcaption { color: var(--quiet); font-size: .85rem; margin-top: .6rem; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .2rem 0 .8rem; }
.key:first-child { margin-left: 0; }
.key.asterisk { background: var(--asterisk); }
.key.script { background: var(--script); }
input[type=radio] { accent-color: var(--focus); margin: 0 .35rem 0 0; }
label { margin-right: 1.2rem; }
#slow:checked ~ ol li:not(.slow), #odd:checked ~ ol li:not(.odd) { display: none; }
ol { list-style: none; margin-top: .3rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
li { border-top: 1px solid var(--line); }
ol li:first-child, .notes li { border-top: 0; }
summary, .moment, .columns { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr) 9rem 5.5rem 5.5rem; gap: .8rem; align-items: center; padding: .4rem .9rem; }
.columns { margin: .75rem 0 0; padding-block: 0; color: var(--quiet); font-size: .8rem; border: 1px solid transparent; }
summary { cursor: pointer; list-style: none; position: relative; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "›"; position: absolute; left: .35rem; top: .35rem; color: var(--quiet); transition: transform .12s; }
details[open] > summary::before { transform: rotate(90deg); }
summary:hover { background: color-mix(in srgb, var(--focus) 8%, transparent); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: -3px; }
li:target { box-shadow: inset 4px 0 var(--focus); }
.at, .ms { font-variant-numeric: tabular-nums; font-size: .85rem; white-space: nowrap; }
.at { color: var(--quiet); }
.ms { text-align: right; }
.ms.script { color: var(--script); }
.ms.asterisk { color: var(--asterisk); }
.what { min-width: 0; }
.moment { grid-template-columns: 5.2rem minmax(0, 1fr); }
.moment .what { color: var(--quiet); overflow-wrap: anywhere; }
.moment.odd .what { color: var(--bad); }
code, pre { font: .85rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
code, .answer { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.answer { color: var(--quiet); font-size: .8rem; }
.odd .answer { color: var(--bad); }
.bars { height: .8rem; background: color-mix(in srgb, var(--line) 45%, transparent); border-radius: 2px; }
details dl { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .3rem .8rem; padding: .4rem .9rem .8rem; }
details pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.left-out { margin: 0; padding: 0 .9rem .8rem 6.9rem; color: var(--quiet); font-size: .85rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 48rem) {
  .overview { min-width: 36rem; }
  figure { overflow-x: auto; }
  summary, .columns { grid-template-columns: 4.6rem minmax(0, 1fr) 4.6rem; }
  .moment { grid-template-columns: 4.6rem minmax(0, 1fr); }
  .bars, .ms.script, .columns :nth-child(3), .columns :nth-child(4) { display: none; }
}
@media (prefers-reduced-motion: reduce) { summary::before { transition: none; } }
@media print { input, label { display: none; } figure, ol { break-inside: auto; } }
`;
