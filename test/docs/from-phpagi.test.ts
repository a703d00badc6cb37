/** The page for people who come from phpAGI names every method of its class, and ours that are there. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { TypeAhead } from '../../src/agi/type-ahead';
import { nameHere } from '../../src/run/hints';
import { root } from '../support/inet';

/** The public methods of phpAGI's class AGI, 2.20. */
const phpAgi = [
  ...'answer channel_status database_del database_deltree database_get database_put exec get_data'.split(' '),
  ...'get_variable get_fullvariable hangup noop receive_char record_file say_alpha say_digits say_number say_phonetic'.split(
    ' ',
  ),
  ...'say_time send_image send_text set_autohangup set_callerid set_context set_extension set_music'.split(
    ' ',
  ),
  ...'set_priority set_variable set_global_var set_var stream_file tdd_mode verbose wait_for_digit'.split(
    ' ',
  ),
  ...'exec_absolutetimeout exec_agi exec_setaccountcode exec_setlanguage exec_enumlookup exec_dial'.split(
    ' ',
  ),
  ...'exec_goto fastpass_say_digits fastpass_say_number fastpass_say_phonetic fastpass_say_time'.split(' '),
  ...'fastpass_stream_file fastpass_text2wav fastpass_swift fastpass_say_punctuation fastpass_menu'.split(
    ' ',
  ),
  ...'fastpass_get_data menu goto setContext parse_callerid text2wav swift text_input'.split(' '),
  ...'say_punctuation new_AsteriskManager conlog which make_folder'.split(' '),
];

const page = readFileSync(path.join(root, 'docs/from-phpagi.md'), 'utf8');
/** The rows that set a method of phpAGI's against one of ours. */
const rows = Array.from(
  page.matchAll(/^\| `(\w+)` +\| `((?:agi\.typeAhead\(\)\.)?\w+)` +\|/gm),
  ([, theirs, ours]) => ({
    theirs: theirs as string,
    ours: ours as string,
  }),
);

describe('docs/from-phpagi.md', () => {
  it('names each method as a script is told that uses the name it has in phpAGI', () => {
    const misnamed = rows.filter(({ theirs }) => Reflect.get(Agi.prototype, theirs) === undefined);
    expect(misnamed.length).toBeGreaterThanOrEqual(50);
    expect(misnamed.map(({ theirs }) => ({ theirs, ours: nameHere(theirs) }))).toEqual(misnamed);
  });

  it.each(phpAgi)('names %s', (method) => {
    expect(page).toMatch(new RegExp(`\`${method}\``));
  });

  it('has a row for each method that is not PHP’s own business', () => {
    const named = new Set(rows.map(({ theirs }) => theirs));
    expect(phpAgi.filter((method) => !named.has(method))).toEqual(['which', 'make_folder']);
  });

  it.each(rows)('$ours is there, for $theirs', ({ ours }) => {
    const ahead = ours.startsWith('agi.typeAhead().');
    const place = ahead ? TypeAhead.prototype : Agi.prototype;
    expect(Reflect.get(place, ours.replace('agi.typeAhead().', ''))).toBeTypeOf('function');
  });
});
