/**
 * Values to and from the dialplan, exactly as they are. A plain reply does not tell where a value ends that
 * holds `)` at the end of a line, and GET VARIABLE cuts at 1,023 bytes. So what is asked for is an expression:
 * the value, and behind it a mark that nobody can have put into the value.
 */

import { AgiArgumentError, AgiError } from '../errors';
import { type AgiArgument, encodeArgument, encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import { openExpression } from '../wire/dialplan';
import { maxCommandBytes } from '../wire/problems';
import { succeed } from './command-forms';
import { type Commander, isSecretName } from './commander';
import { commandFailed } from './failures';
import type { Ask } from './session';

/** Names and functions that may stand in `${…}` as they are. */
const plainName = /^[\w.-]+$/;
const plainFunction = /^[\w.-]+\([^${}\r\n]*\)$/;
/** A function's name and arguments, and nothing behind them that an expression would take for a part of the value. */
function isPlainFunction(name: string): boolean {
  if (!plainFunction.test(name)) return false;
  let depth = 0;
  for (let at = 0; at < name.length - 1; at++) {
    if (name[at] === '(') depth++;
    else if (name[at] === ')' && --depth === 0) return false;
  }
  return true;
}

/** Families and keys that DB() takes apart again as they are: words of any language. */
const plainPlace = /^[\w.@+:~*#%\x80-\u{10ffff}-]+(?:[ /][\w.@+:~*#%\x80-\u{10ffff}-]+)*$/u;
/** The most that a function gives to an expression (pbx_variables.c, VAR_BUF_SIZE), less what may be cut of a character. */
const FUNCTION_BYTES = 4095 - 6;

/** Where a command is too long for Asterisk, a value of no more letters is not to blame. */
const SHORT = 300;

const mark = `~${Math.random().toString(36).slice(2)}`;

export function getVariable(commander: Commander, name: string): Promise<string | undefined> {
  const secret = commander.secret || isSecretName(name);
  return commander.session.turn(async (ask) => {
    const expressible = plainName.test(name) || isPlainFunction(name);
    const value = expressible ? await read(ask, `\${${name}}`, undefined, secret) : undefined;
    if (value && !plainName.test(name)) assertWhole(name, value);
    if (value) return value;
    if (value === '' && !plainName.test(name)) return value;
    // a variable that is empty and one that is not set look alike in an expression
    const reply = await ask(encodeCommand('GET VARIABLE', [name]), { secret });
    return reply.result === '0' ? undefined : reply.value;
  });
}

export function databaseGet(commander: Commander, family: string, key: string): Promise<string | undefined> {
  return commander.session.turn(async (ask) => {
    const place = `DB(${family}/${key})`;
    const value = isPlace(family, key)
      ? await read(ask, `\${${place}}`, undefined, commander.secret)
      : undefined;
    if (value && Buffer.byteLength(value) < FUNCTION_BYTES) return value;
    const strays = commander.session.strays;
    const reply = await ask(encodeCommand('DATABASE GET', [family, key]), { secret: commander.secret });
    if (!value) return reply.result === '0' ? undefined : reply.value;
    // this one is never cut, but it may seem to end where it goes on: then the rest comes before the next reply
    await ask('NOOP');
    if (commander.session.strays > strays) throw cut(place);
    return reply.value;
  });
}

/** A value with a newline, or longer than a command, goes by way of the dialplan's DB(). */
export function databasePut(
  commander: Commander,
  family: string,
  key: string,
  value: AgiArgument,
): Promise<void> {
  if (typeof value === 'string' && isPlace(family, key)) {
    const isLong = () => !fits(commander, encodeCommand('DATABASE PUT', [family, key, value]));
    if (/[\r\n]/.test(value) || (value.length > SHORT && !value.includes('\0') && isLong()))
      return setVariable(commander, `DB(${family}/${key})`, value);
  }
  return commander.run('DATABASE PUT', [family, key, value], (reply) => succeed('DATABASE PUT', reply));
}

/** Whether this Asterisk takes a command of this length. */
function fits(commander: Commander, line: string): boolean {
  return Buffer.byteLength(line) <= maxCommandBytes(commander.session.request.version);
}

/** @throws AgiError with code `AGI_VALUE_CUT` for a function's value that may have been longer */
function assertWhole(what: string, value: string): void {
  if (Buffer.byteLength(value) >= FUNCTION_BYTES) throw cut(what);
}

function cut(what: string): AgiError {
  return new AgiError(
    'AGI_VALUE_CUT',
    `${what} is longer than what Asterisk gives of it whole (4,095 bytes): the rest cannot be told`,
  );
}

/** Whether the dialplan's DB() can name this place of the database. */
function isPlace(family: string, key: string): boolean {
  return plainPlace.test(family) && plainPlace.test(key);
}

export function getFullVariable(
  commander: Commander,
  expression: string,
  channel: string | undefined,
): Promise<string | undefined> {
  try {
    // of the expression alone: what is sent has more to it
    encodeArgument(expression, 'GET FULL VARIABLE');
  } catch (error) {
    return Promise.reject(error);
  }
  const open = openExpression(expression);
  if (open !== undefined) {
    return Promise.reject(
      new AgiArgumentError(
        `getFullVariable: ${open} is missing in ${JSON.stringify(expression.slice(0, 80))}, and without it Asterisk takes the rest for a part of the expression`,
      ),
    );
  }
  return commander.session.turn(async (ask) => {
    const secret = commander.secret || isSecretName(expression);
    const value = await read(ask, expression, channel, secret);
    if (value && isPlainFunction(/^\$\{(.*)\}$/s.exec(expression)?.[1] ?? '')) assertWhole(expression, value);
    return value;
  });
}

async function read(
  ask: Ask,
  expression: string,
  channel: string | undefined,
  secret: boolean,
): Promise<string | undefined> {
  const args = channel === undefined ? [expression + mark] : [expression + mark, channel];
  const reply = await ask(encodeCommand('GET FULL VARIABLE', args), { secret, mark });
  return reply.value?.slice(0, -mark.length);
}

/** The most bytes that a piece of a value takes in a command: short enough for any Asterisk, each as %XX. */
const PIECE_BYTES = 600;
/** Where a value grows piece by piece, before it is assigned at once. */
const HOLDER = 'FASTAGI_VALUE';

/**
 * Sets what SET VARIABLE may not be able to carry. EXEC evaluates its argument where AGIEXECFULL says so, and
 * URIDECODE() makes a newline of `%0A`; what comes out of that is not evaluated again.
 */
export function setVariable(commander: Commander, name: string, value: string): Promise<void> {
  const secret = commander.secret || isSecretName(name);
  return commander.session.turn(async (ask) => {
    if (!/[\r\n]/.test(value)) {
      const line = encodeCommand('SET VARIABLE', [name, value]);
      if (fits(commander, line)) {
        await ask(line, { secret });
        return;
      }
    }
    const set = (variable: string, to: string) => ask(encodeCommand('SET VARIABLE', [variable, to]));
    const assign = async (variable: string, expression: string) => {
      const reply = await ask(encodeCommand('EXEC', ['Set', `${variable}=${expression}`]), { secret });
      if (reply.result !== '0') throw commandFailed('EXEC Set', reply);
    };
    if (!plainName.test(name) && !(isPlainFunction(name) && !name.includes('='))) {
      throw new AgiArgumentError(
        `setVariable: a value that takes more than one command goes by way of the dialplan, to which ${JSON.stringify(name.slice(0, 80))} is no name of a variable or a function`,
      );
    }
    const [first = '', ...others] = piecesOf(value).map((piece) => `\${URIDECODE(${piece})}`);
    // nothing is sent for what cannot be
    encodeCommand('EXEC', ['Set', `${name}=${first}`]);
    const before: AgiReply = await ask('GET VARIABLE AGIEXECFULL');
    await set('AGIEXECFULL', 'yes');
    try {
      if (others.length === 0) await assign(name, first);
      else {
        await assign(HOLDER, first);
        for (const piece of others) await assign(HOLDER, `\${${HOLDER}}${piece}`);
        await assign(name, `\${${HOLDER}}`);
        await set(HOLDER, '');
      }
    } finally {
      await set('AGIEXECFULL', before.value ?? '');
    }
  });
}

/** Every byte but letters and digits as %XX: nothing of it is code to the dialplan. */
function piecesOf(value: string): string[] {
  // a NUL ends a value in Asterisk
  if (value.includes('\0')) encodeArgument('\0');
  const pieces: string[] = [];
  let piece = '';
  // by characters: Asterisk tells of each piece in an event, which must be UTF-8
  for (const char of value) {
    const encoded = /[A-Za-z0-9]/.test(char)
      ? char
      : Buffer.from(char).toString('hex').toUpperCase().replace(/../g, '%$&');
    if (piece.length + encoded.length > PIECE_BYTES * 3) {
      pieces.push(piece);
      piece = '';
    }
    piece += encoded;
  }
  return [...pieces, piece];
}
