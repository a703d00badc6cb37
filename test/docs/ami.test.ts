/** The page on the manager names every method of phpAGI's class, and ours that are there; so does the catalog. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { Ami } from '../../src/ami/ami';
import * as library from '../../src/ami/index';
import { AgiHangupError } from '../../src/errors';
import { AsyncCall, request } from '../support/async-call';
import { root } from '../support/inet';
import { FakeManager } from '../support/manager';

/** The public methods of phpAGI's class AGI_AsteriskManager, and the actions that its forks have added. */
const phpAgi = [
  ...'connect disconnect send_request wait_response add_event_handler process_event log'.split(' '),
  ...'AbsoluteTimeout Atxfer ChangeMonitor Command DBGet Events ExtensionState GetVar Hangup IAXPeers'.split(
    ' ',
  ),
  ...'ListCommands Login Logoff MailboxCount MailboxStatus Monitor Originate ParkedCalls Ping QueueAdd'.split(
    ' ',
  ),
  ...'QueueReload QueueRemove Queues QueueStatus Redirect SetCDRUserField SetVar SIPpeers Status'.split(' '),
  ...'StopMonitor ZapDialOffhook ZapDNDoff ZapDNDon ZapHangup ZapShowChannels ZapTransfer'.split(' '),
  ...'database_get database_put database_del'.split(' '),
];

const page = readFileSync(path.join(root, 'docs/ami.md'), 'utf8');
const table = page.slice(page.indexOf("## From phpAGI's manager class"));
const words = (cell: string) => Array.from(cell.matchAll(/`([\w.]+)`/g), ([, word]) => word as string);
const rows = Array.from(
  table.matchAll(/^\| (`.*?) \| (.*?) \| (.*?) \|$/gm),
  ([, theirs = '', ours = '', now = '']) => ({
    theirs: words(theirs),
    ours: words(ours),
    now: now.trim(),
  }),
);
const catalog = readFileSync(path.join(root, 'src/ami/catalog.ts'), 'utf8');

describe('docs/ami.md', () => {
  it('has a row for each method of phpAGI’s', () => {
    expect(rows.flatMap(({ theirs }) => theirs).sort()).toEqual([...phpAgi].sort());
  });

  it.each(rows.flatMap(({ theirs, ours }) => ours.map((method) => [method, theirs.join()])))(
    '%s is there, for %s',
    (method) => {
      if (method === 'Ami.connect') expect(Ami.connect).toBeTypeOf('function');
      else if (method === 'agi.manager') expect(Agi.prototype.manager).toBeTypeOf('function');
      else if (method === 'trace') expect(page).toContain('`trace`');
      else expect(Ami.prototype).toHaveProperty(method);
    },
  );

  it.each(rows.filter(({ now }) => now.startsWith('gone')))('$now', ({ theirs, now }) => {
    const replacements = Array.from(
      now.matchAll(/\b((?:DAHDI|PJSIPShow|MixMonitor|StopMixMonitor|Queue|Setvar)\w*)/g),
      ([word]) => word,
    );
    for (const action of replacements) expect(catalog).toMatch(new RegExp(`^  ${action}: `, 'm'));
    expect(replacements.length > 0 || theirs.includes('ChangeMonitor')).toBe(true);
  });

  it('names every error and every code, and none that is not', () => {
    const sources = [
      'ami-errors',
      'ami/ami',
      'ami/connection',
      'ami/exchanges',
      'ami/failures',
      'ami/manager-actions',
      'ami/option-names',
      'wire/ami-decoder',
    ];
    const text = sources.map((name) => readFileSync(path.join(root, `src/${name}.ts`), 'utf8')).join('');
    const codes = new Set(Array.from(text.matchAll(/'(AMI_[A-Z_]+)'/g), ([, code]) => code));
    const named = new Set(Array.from(page.matchAll(/`(AMI_[A-Z_]+)`/g), ([, code]) => code));
    expect(named).toEqual(codes);
    for (const [, name] of page.matchAll(/`(Ami\w+Error)`/g)) expect(library).toHaveProperty(name as string);
  });
});

describe('its example of AsyncAGI', () => {
  it('goes on when a caller hangs up and when a script fails, word for word', async () => {
    const [, example = ''] = /```js\n(import [^`]*asyncAgi[^`]*)```/.exec(page) ?? [];
    const code = example.replace(/^import .*$/gm, '');
    const call = new AsyncCall();
    await using manager = await FakeManager.start(call.answer);
    const ami = await Ami.connect({ username: 'jo', secret: 'secret', port: manager.port, reconnect: false });
    const errors: unknown[] = [];
    const served: string[] = [];
    const serve = async (agi: Agi) => {
      served.push(agi.request.channel ?? '');
      if (served.length === 2) throw new Error('on purpose');
      await agi.exec('Wait', 60);
    };
    const AsyncFunction = (async () => {}).constructor as new (
      ...words: string[]
    ) => (...values: unknown[]) => Promise<void>;
    const names = ['ami', 'endCall', 'AgiHangupError', 'serve', 'console'];
    const console = { error: (error: Error) => errors.push(error.message) };
    const run = new AsyncFunction(...names, code);
    const over = run(ami, library.endCall, AgiHangupError, serve, console);
    call.reply = () => '';
    call.start(manager.client, request());
    await expect.poll(() => call.commands).toEqual(['EXEC Wait 60']);
    call.end();
    call.reply = () => '200 result=-1\n';
    call.start(manager.client, request());
    await expect.poll(() => call.commands.at(-1)).toBe('STREAM FILE "the-script-has-failed" ""');
    expect(errors).toEqual(['on purpose']);
    // a rejection that nobody catches would have ended the process
    await ami.close();
    await over;
    expect(served).toHaveLength(2);
  });
});
