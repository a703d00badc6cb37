/**
 * Values to and from the dialplan, exactly as they are. A plain reply does not tell where a value ends that
 * holds `)` at the end of a line, and GET VARIABLE cuts at 1,023 bytes. So what is asked for is an expression:
 * the value, and behind it a mark that nobody can have put into the value.
 */

import { encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import { type Commander, isSecretName } from './commander';
import { commandFailed } from './failures';
import type { Ask } from './session';

/** Names and functions that may stand in `${…}` as they are. */
const plainName = /^[\w.-]+$/;
const plainFunction = /^[\w.-]+\([^${}\r\n]*\)$/;

const mark = `~${Math.random().toString(36).slice(2)}`;

export function getVariable(commander: Commander, name: string): Promise<string | undefined> {
  const secret = isSecretName(name);
  return commander.session.turn(async (ask) => {
    const expressible = plainName.test(name) || plainFunction.test(name);
    const value = expressible ? await read(ask, `\${${name}}`, undefined, secret) : undefined;
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
    const value = plainFunction.test(place) ? await read(ask, `\${${place}}`, undefined, false) : undefined;
    if (value) return value;
    const reply = await ask(encodeCommand('DATABASE GET', [family, key]));
    return reply.result === '0' ? undefined : reply.value;
  });
}

export function getFullVariable(
  commander: Commander,
  expression: string,
  channel: string | undefined,
): Promise<string | undefined> {
  return commander.session.turn((ask) => read(ask, expression, channel, isSecretName(expression)));
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

/**
 * Sets a value of several lines: EXEC evaluates its argument where AGIEXECFULL says so, and URIDECODE() makes
 * a newline of `%0A`.
 */
export function setLines(commander: Commander, name: string, value: string): Promise<void> {
  const secret = isSecretName(name);
  return commander.session.turn(async (ask) => {
    const set = (variable: string, to: string) => ask(encodeCommand('SET VARIABLE', [variable, to]));
    const before: AgiReply = await ask('GET VARIABLE AGIEXECFULL');
    const assignment = `${name}=\${URIDECODE(${encodeValue(value)})}`;
    const line = encodeCommand('EXEC', ['Set', assignment]);
    await set('AGIEXECFULL', 'yes');
    try {
      const reply = await ask(line, { secret });
      if (reply.result !== '0') throw commandFailed('EXEC Set', reply);
    } finally {
      await set('AGIEXECFULL', before.value ?? '');
    }
  });
}

/** Every byte but letters and digits as %XX: nothing of it is code to the dialplan. */
function encodeValue(value: string): string {
  return Array.from(Buffer.from(value), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
}
