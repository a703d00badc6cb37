import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { AgiError, AgiHangupError, RefusedError } from '../../src/errors';
import { describeError, summarizeError } from '../../src/run/report';
import { simulate } from '../../src/testing/index';
import { makeFolder } from '../support/inet';

const script = { file: '/srv/agi/hello.js', name: 'hello.js' };

/** An error as if it came from that place. */
const errorAt = (place: string, error = new Error('broken')) =>
  Object.assign(error, {
    stack: `${error}\n    at main (${place})\n    at Module._compile (node:internal:1:2)`,
  });

describe('describeError', () => {
  it('an error is its stack', () => {
    const error = errorAt('/srv/agi/hello.js:12:3');
    expect(describeError(error)).toBe(
      'Error: broken\n    at main (/srv/agi/hello.js:12:3)\n    at Module._compile (node:internal:1:2)',
    );
  });

  it('one of ours has its code on the first line', () => {
    const error = errorAt('/srv/agi/hello.js:1:1', new AgiHangupError('gone'));
    expect(describeError(error).split('\n')[0]).toBe('AgiHangupError: gone [AGI_HANGUP]');
    expect(describeError(Object.assign(new AgiHangupError('gone'), { stack: '' }))).toContain('[AGI_HANGUP]');
  });

  it('a refusal is one line', () => {
    expect(describeError(new RefusedError('SCRIPT_MISSING', 'there is none'))).toBe(
      'there is none [SCRIPT_MISSING]',
    );
  });

  it.each(['SERVICE_STOPPED', 'SCRIPT_TIMEOUT', 'AGI_CUT_REQUEST'])(
    '%s is one line: it comes from outside',
    (code) => {
      expect(describeError(new AgiError(code, 'it is over'))).toBe(`it is over [${code}]`);
    },
  );

  it('an ES module has no mark of ours behind its name', () => {
    const error = errorAt('file:///srv/agi/hello.mjs?fastagi=12:3:7');
    expect(describeError(error)).toContain('at main (file:///srv/agi/hello.mjs:3:7)');
    const module = { file: '/srv/agi/hello.mjs', name: 'hello.mjs' };
    expect(summarizeError(error, module)).toBe('hello.mjs: Error: broken (hello.mjs:3)');
    // in a script's own words it is the script's
    expect(summarizeError(new Error('http://x/?fastagi=12 is down'), module)).toContain(
      '?fastagi=12 is down',
    );
  });

  it('causes follow', () => {
    const inner = errorAt('/b.js:2:2', new Error('inner'));
    const text = describeError(Object.assign(errorAt('/a.js:1:1'), { cause: inner }));
    expect(text).toContain('at main (/a.js:1:1)');
    expect(text).toContain('\nCaused by: Error: inner\n    at main (/b.js:2:2)');
    expect(describeError(Object.assign(errorAt('/a.js:1:1'), { cause: 'text' }))).toContain(
      "Caused by: a script threw what is no error: 'text'",
    );
  });

  it('a cause of its own is told once', () => {
    const error = errorAt('/a.js:1:1');
    const other = Object.assign(errorAt('/b.js:1:1', new Error('other')), { cause: error });
    Object.assign(error, { cause: other });
    const text = describeError(error);
    expect(text.split('Error: broken').length - 1).toBe(1);
    expect(text.split('Error: other').length - 1).toBe(1);
  });

  it('the errors of one that holds several follow', () => {
    // as Node throws for a host with two addresses, at neither of which anybody listens
    const tried = ['::1', '127.0.0.1'].map((host) =>
      errorAt('/b.js:2:2', new Error(`connect ECONNREFUSED ${host}:3306`)),
    );
    const error = errorAt('/a.js:1:1', new AggregateError(tried, ''));
    expect(describeError(error)).toBe(
      [
        `${error.stack}`,
        `One of its errors: ${tried[0]?.stack}`,
        `One of its errors: ${tried[1]?.stack}`,
      ].join('\n'),
    );
    const many = new AggregateError(Array.from({ length: 1000 }, (_, at) => new Error(`number ${at}`)));
    expect(describeError(many)).toContain('number 7');
    expect(describeError(many)).toMatch(/\nand 992 more$/);
    expect(describeError(Object.assign(new Error('own'), { errors: 'none' }))).not.toContain('One of');
    const circle = new AggregateError([], 'circle');
    circle.errors.push(circle);
    expect(describeError(circle).split('AggregateError: circle').length - 1).toBe(1);
  });

  it('a message that was changed later', () => {
    const error = errorAt('/a.js:1:1');
    error.message = 'changed';
    expect(describeError(error)).toContain('Error: changed\n');
  });

  it.each([
    ['text', "'text'"],
    [undefined, 'undefined'],
    [{ a: 1 }, '{ a: 1 }'],
    [Object.create(null), '[Object: null prototype] {}'],
  ])('%# what is no error', (thrown, shown) => {
    expect(describeError(thrown)).toBe(`a script threw what is no error: ${shown}`);
  });
});

/** The error of Node's own for a method that is not there. */
function missingMethod(run: string): Error {
  const agi = { typeAhead: () => ({}), request: {} };
  try {
    new Function('agi', 'call', 'fastagi', 'context', run)(agi, agi, agi, { agi });
  } catch (error) {
    return Object.assign(error as Error, { stack: `${error}` });
  }
  throw new Error('it is there');
}

describe('a method by another name', () => {
  const elsewhere = "; docs/from-phpagi.md says what each method of phpAGI's has become";
  it.each([
    ['agi.get_data()', `agi.get_data is not a function: get_data is getData here${elsewhere}`],
    ['fastagi.exec_dial()', `fastagi.exec_dial is not a function: exec_dial is dial here${elsewhere}`],
    ['context.agi.Say()', `context.agi.Say is not a function: Say is say here${elsewhere}`],
    [
      'call.stream_file()',
      `call.stream_file is not a function: if call is the call, stream_file is streamFile here${elsewhere}`,
    ],
    ['agi.evaluate()', `agi.evaluate is not a function: evaluate is send here${elsewhere}`],
    ['agi?.set_callerid()', `is not a function: set_callerid is setCallerId here${elsewhere}`],
    [
      'agi.fastpass_say_digits()',
      `agi.fastpass_say_digits is not a function: fastpass_say_digits is agi.typeAhead().sayDigits here${elsewhere}`,
    ],
    ['agi.typeAhead().say_digits()', `is not a function: say_digits is sayDigits here${elsewhere}`],
    ['agi.control_stream_file()', `: control_stream_file is controlStreamFile here${elsewhere}`],
    ['agi.getVaraible()', 'agi.getVaraible is not a function: did you mean getVariable?'],
    ['agi.sayDigit()', 'agi.sayDigit is not a function: did you mean sayDigits?'],
    ...['on', 'once', 'addListener', 'addEventListener', 'onHangup'].map((name) => [
      `agi.${name}('hangup')`,
      `agi.${name} is not a function: a call has one event, the hangup: agi.signal.addEventListener('abort', …), or try { … } finally { … }`,
    ]),
  ])('%s', (run, message) => {
    const error = missingMethod(run);
    expect(describeError(error).split('\n')[0]).toContain(message);
    expect(summarizeError(error, script)).toContain(message);
  });

  it.each(['call.Answer()', 'agi.request.get_data.x()', 'agi.frobnicate()', 'call.make_folder()', 'agi()'])(
    '%s is left alone',
    (run) => {
      const error = missingMethod(run);
      expect(describeError(error)).toBe(`${error}`);
    },
  );
});

describe('a method that was taken off its call', () => {
  const place =
    "a call's methods are called on it: agi.streamFile(…), and (text) => agi.verbose(text) for agi.verbose";
  it.each<[string, (agi: Agi) => unknown]>([
    ['of the commands', ({ streamFile }) => streamFile('beep')],
    ['of the dialplan', ({ dial }) => dial('PJSIP/100')],
    ['of the dialogues', ({ menu }) => menu({ 1: 'beep' })],
    ['handed on', (agi) => Promise.resolve('text').then(agi.verbose)],
  ])('%s', async (_, run) => {
    const error = await simulate(async (agi) => void (await run(agi))).then((call) => call.failed());
    expect(describeError(error).split('\n')[0]).toContain(`: ${place}`);
    expect(summarizeError(error, script)).toContain(`: ${place}`);
  });
});

it.each([50, 1_000_000])('a message of %i letters costs no time', (letters) => {
  const long = 'a'.repeat(letters);
  expect(describeError(new TypeError(long))).toContain(long);
  expect(describeError(new TypeError(`${long}.get_data is not a function`))).toContain('get_data is getData');
  expect(describeError(new ReferenceError(`${long} is not defined`))).toContain(long);
});

it.each<[string, object]>([
  ['TypeError', { message: { agi: 'get_data is not a function' } }],
  ['TypeError', { message: undefined }],
  ['Error', { code: 'MODULE_NOT_FOUND', message: "Cannot find module 'x'", requireStack: [{}] }],
  ['Error', { code: 'MODULE_NOT_FOUND', message: "Cannot find module 'x'", requireStack: null }],
])('%s with %j is shown, though it is none of Node’s', (name, parts) => {
  const error = Object.assign(new Error('first'), { name }, parts);
  expect(describeError(error)).not.toContain('cannot be shown');
  expect(summarizeError(error, script)).not.toContain('cannot be shown');
});

describe('a name from elsewhere', () => {
  const module = 'this file is an ES module, for it awaits at its top level, or its name or its package.json';
  it.each([
    ['$agi', 'the call is agi here'],
    ['AGI', 'the call is agi here'],
    ['require', `${module} says so: there it is import`],
    ['__dirname', `${module} says so: there it is import.meta.dirname`],
  ])('%s', (name, hint) => {
    const error = errorAt('/srv/agi/hello.js:1:1', new ReferenceError(`${name} is not defined`));
    expect(describeError(error).split('\n')[0]).toContain(`${name} is not defined: ${hint}`);
    expect(summarizeError(error, script)).toContain(`: ${hint}`);
  });

  it.each(['agii is not defined', 'toString is not defined', 'require is not defined in ES module scope'])(
    '%s is left alone',
    (message) => {
      const error = errorAt('/srv/agi/hello.js:1:1', new ReferenceError(message));
      expect(summarizeError(error, script)).toBe(`hello.js: ReferenceError: ${message} (hello.js:1)`);
    },
  );
});

describe('a package that is not there', () => {
  const missing = (code: string, message: string) =>
    errorAt('/srv/agi/hello.js:1:1', Object.assign(new Error(message), { code }));
  it.each([
    [
      'MODULE_NOT_FOUND',
      "Cannot find module 'mysql2/promise'\nRequire stack:\n- /srv/agi/hello.js",
      'npm install mysql2 in',
    ],
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package '@scope/name' imported from /srv/agi/hello.mjs",
      'npm install @scope/name in',
    ],
    ['MODULE_NOT_FOUND', "Cannot find module 'fastagi'", 'npm install the package file of fastagi'],
    [
      'MODULE_NOT_FOUND',
      "Cannot find module 'chart.js'",
      "npm install chart.js in the script's folder, or above it; or ./ in front of it",
    ],
  ])('%s: %s', (code, message, hint) => {
    const error = missing(code, message);
    expect(describeError(error).split('\n')[0]).toContain(`: ${hint}`);
    expect(summarizeError(error, script)).toContain(`: ${hint}`);
  });

  it.each([
    ['MODULE_NOT_FOUND', "Cannot find module './lib'"],
    ['MODULE_NOT_FOUND', "Cannot find module '/srv/x'"],
    ['OTHER', "Cannot find module 'mysql2'"],
  ])('%s: %s is left alone', (code, message) => {
    expect(summarizeError(missing(code, message), script)).toBe(`hello.js: Error: ${message} (hello.js:1)`);
  });
});

describe('a type that is imported as a value', () => {
  const missing = (module: string, name: string) =>
    new SyntaxError(`The requested module '${module}' does not provide an export named '${name}'`);
  it.each([
    ['fastagi', 'Agi'],
    ['fastagi/testing', 'TestCall'],
    ['./rows.ts', 'Row'],
    ['../rows.mts', 'Row'],
  ])('of %s: %s', (module, name) => {
    const hint = `if ${name} is a type: import type, for Node leaves types out and looks for no others`;
    expect(describeError(missing(module, name)).split('\n')[0]).toContain(`: ${hint}`);
    expect(summarizeError(missing(module, name), script)).toContain(`: ${hint}`);
  });

  it.each([
    ['./rows.js', 'Row'],
    ['mysql2', 'Pool'],
  ])('of %s, which has none', (module, name) => {
    expect(describeError(missing(module, name))).not.toContain('import type');
  });
});

describe("a file of the script's own", () => {
  const folder = makeFolder({
    'main.cjs': 'module.exports = (name) => require(name);',
    'main.mjs': 'export default (name) => import(name);',
    'config.js': '',
    'settings.json': '{}',
    'lib/db.js': '',
    'node_modules/whole/index.js': '',
    'typed.ts': '',
    'typed.mts': '',
  });
  // by Node itself: Vitest looks for modules in its own way
  const asked = (main: string, name: string) =>
    execFileSync(process.execPath, [
      '-e',
      `import(${JSON.stringify(path.join(folder, main))}).then((m) => m.default(${JSON.stringify(name)})).catch((e) =>
        console.log(JSON.stringify({ code: e.code, message: e.message, requireStack: e.requireStack })))`,
    ]).toString();
  const told = (main: string, name: string) =>
    summarizeError(Object.assign(new Error(), JSON.parse(asked(main, name))), undefined);

  it.each([
    ['main.cjs', 'config.js', 'config.js'],
    ['main.cjs', 'lib/db.js', 'lib'],
    ['main.mjs', 'config.js', 'config.js'],
    ['main.mjs', 'lib/db.js', 'lib'],
  ])('%s: %s', (main, name, shown) => {
    expect(told(main, name)).toMatch(
      new RegExp(`: ${shown} lies in the script's own folder: that is written with ./ in front$`),
    );
  });

  it.each(['config', 'settings', 'main'])('main.cjs: %s, which may be a package', (name) => {
    expect(told('main.cjs', name)).toMatch(
      new RegExp(`npm install ${name} in .*; or ./ in front of it, if it is a file of yours$`),
    );
  });

  it.each([
    ['main.cjs', 'whole/part'],
    ['main.mjs', 'whole/part'],
  ])('%s: %s, a part of a package that is there', (main, name) => {
    expect(told(main, name)).not.toContain('npm install');
  });

  it.each([
    ['./config', 'config.js'],
    ['./lib/db', 'db.js'],
    ['./typed', 'typed.ts'],
    ['./typed.js', 'typed.ts'],
    ['./typed.mjs', 'typed.mts'],
  ])('main.mjs: %s, which is %s', (name, there) => {
    expect(told('main.mjs', name)).toMatch(
      new RegExp(`: there is ${there}, and an import has the whole name of its file$`),
    );
  });

  it.each(['./nothing', './nothing.js'])('main.mjs: %s, which is not there', (name) => {
    expect(told('main.mjs', name)).not.toContain('there is');
  });

  it.each(['main.cjs', 'main.mjs'])('%s: a package that is not there', (main) => {
    expect(told(main, 'mysql2/promise')).toContain("npm install mysql2 in the script's folder");
  });
});

describe('summarizeError', () => {
  const refused = new Error('connect ECONNREFUSED ::1:3306');
  it.each<[string, Error, string]>([
    [
      'an error of several',
      new AggregateError([refused], ''),
      'AggregateError: connect ECONNREFUSED ::1:3306',
    ],
    [
      'one with a text of its own',
      new AggregateError([refused], 'All promises were rejected'),
      'AggregateError: All promises were rejected: connect ECONNREFUSED ::1:3306',
    ],
    [
      'a cause',
      Object.assign(new TypeError('fetch failed'), { cause: new AggregateError([refused], '') }),
      'TypeError: fetch failed: connect ECONNREFUSED ::1:3306',
    ],
    [
      'a cause that is told already',
      Object.assign(new Error('no: x'), { cause: new Error('x') }),
      'Error: no: x',
    ],
    ['a cause that is no error', Object.assign(new Error('no'), { cause: 5 }), 'Error: no'],
    [
      'one of ours, which says it by itself',
      Object.assign(new AgiError('X', 'no'), { cause: refused }),
      'AgiError: no',
    ],
  ])('%s says what was the matter', (_, error, text) => {
    error.stack = '';
    expect(summarizeError(error, script)).toBe(`hello.js: ${text}`);
  });

  it('causes in a circle', () => {
    const error = new Error('a');
    error.cause = Object.assign(new Error('b'), { cause: error });
    error.stack = '';
    expect(summarizeError(error, script)).toBe('hello.js: Error: a: b');
  });

  it.each([
    ['/srv/agi/hello.js:12:3', 'hello.js: Error: broken (hello.js:12)'],
    ['file:///srv/agi/hello.mjs:7:1', 'hello.js: Error: broken (hello.mjs:7)'],
    ['/srv/agi/lib/menu.js:3:1', 'hello.js: Error: broken (lib/menu.js:3)'],
    ['/srv/agi/node_modules/x/index.js:3:1', 'hello.js: Error: broken'],
    ['/srv/agi-2/hello.js:3:1', 'hello.js: Error: broken'],
    ['/usr/lib/other.js:3:1', 'hello.js: Error: broken'],
  ])('from %s: %s', (place, line) => {
    expect(summarizeError(errorAt(place), script)).toBe(line);
  });

  it.each<[unknown, string]>([
    [new Error('one\ntwo'), 'hello.js: Error: one'],
    ['text', 'hello.js: text'],
    [{ a: 1 }, 'hello.js: { a: 1 }'],
    [null, 'hello.js: null'],
    [undefined, 'hello.js: undefined'],
    [Symbol('x'), 'hello.js: Symbol(x)'],
    [Object.create(null), 'hello.js: [Object: null prototype] {}'],
    [new RefusedError('X', 'hello.js belongs to root'), 'hello.js belongs to root'],
    [new RefusedError('X', 'other'), 'hello.js: other'],
  ])('%# in one line', (error, line) => {
    if (error instanceof Error) error.stack = String(error);
    expect(summarizeError(error, script)).toBe(line);
  });

  it('without a script', () => {
    expect(summarizeError(errorAt('/srv/agi/hello.js:1:1'), undefined)).toBe('fastagi: Error: broken');
  });

  it('is short enough for one command', () => {
    expect(summarizeError('x'.repeat(5000), script)).toBe(`hello.js: ${'x'.repeat(390)}…`);
  });
});
