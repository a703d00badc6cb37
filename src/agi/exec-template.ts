/**
 * `` agi.exec`Dial(PJSIP/${extension},30)` ``: a dialplan application as it stands in extensions.conf, in which
 * values are data. What a value holds never separates arguments, joins destinations, or is evaluated: where that
 * cannot be had, the value is refused.
 */
import { AgiArgumentError } from '../errors';
import { type AgiArgument, encodeArgument, encodeCommand } from '../wire/agi-command';
import { escapeArgument, isInParentheses, openExpression, splitArguments } from '../wire/dialplan';
import type { Commander } from './commander';
import type { Ask } from './session';

/**
 * Applications that take what stands behind so many arguments as it is, and would show a backslash: an
 * application's last argument is not taken apart (main/app.c, __ast_app_separate_args). Set() is one behind `=`.
 */
const textBehind: Record<string, number | undefined> = { noop: 0, set: 0, sendtext: 0, verbose: 1, log: 1 };

/** Applications that give so many of their arguments back as they were before a backslash was put in. */
const escapable: Record<string, number | undefined> = {
  ...{ mset: Infinity, userevent: Infinity, agi: Infinity, eagi: Infinity, deadagi: Infinity },
  ...{ dial: 1, retrydial: 1, playback: 1, background: 1 },
};

/** Applications that assign: what stands before `=` is a name. */
const assigning = new Set(['set', 'mset']);

/** Functions whose value is one value, whatever it holds; others may take it apart. */
const holding = /^(?:CALLERID|CDR|CHANNEL|DB|GLOBAL|HASH|SHARED)\((?!hangup_handler)[^)]*\)$/i;

/** Applications whose destinations are `TECHNOLOGY/resource`, the resource `extension@context` in one of them. */
const dialling = new Set(
  'dial retrydial page chanisavail addqueuemember removequeuemember pausequeuemember unpausequeuemember parkandannounce pickup extenspy queue'.split(
    ' ',
  ),
);

/** Applications that read what they are given once more, as dialplan or as a shell's command. */
const evaluating = new Set(
  (
    'exec tryexec execif execiftime gotoif gotoiftime gosub gosubif macro macroif while system trysystem mixmonitor ' +
    'monitor changemonitor originate waitforcondition externalivr'
  ).split(' '),
);
/** Those of them in which `?` and `:` part a condition from what follows on it. */
const branching = new Set('execif execiftime gotoif gotoiftime gosubif macroif'.split(' '));

/** What is text to every application, wherever it stands. */
const plain = /^[^\\",()[\]{}&^$`;|<>]*$/;
/** What has no meaning to the dialplan, to a shell, nor to anything else. */
const harmless = /^[\w./@+:-]*$/;
/** What is a name, a number, or a word. */
const word = /^[\w.+-]*$/;

/** A dollar sign that is none to the dialplan's eyes. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own
const dollar = '${URIDECODE(%24)}';

/** What Asterisk takes for true (main/utils.c, ast_true). */
const truth = /^(?:yes|true|y|t|1|on)$/i;

/** @throws AgiArgumentError, before sending, for a value that cannot be kept from being more than data there */
export function execTemplate(
  commander: Commander,
  template: { readonly raw: readonly string[] },
  values: readonly AgiArgument[],
): Promise<number> {
  const raw: unknown = (template as Partial<typeof template> | null | undefined)?.raw;
  if (!Array.isArray(raw)) {
    const what = template === null ? 'null' : Array.isArray(template) ? 'a list' : typeof template;
    return Promise.reject(
      new AgiArgumentError(`exec: the application is a text, or a template, and this is ${what}`),
    );
  }
  return commander.session.turn(async (ask) => {
    // a NUL of the template's own would be taken for the mark of a dollar sign
    encodeArgument(raw.join(''), 'EXEC');
    const { application, texts } = takeApart(raw);
    let args = texts[0] as string;
    values.forEach((value, at) => {
      args += markDollars(encodeValue(application, args, value)) + texts[at + 1];
    });
    const line = encodeCommand('EXEC', [application, await settleDollars(ask, args)]);
    return commander.executed(application, await ask(line, { secret: commander.secret }), ask);
  });
}

/** A value's dollar signs, until it is known what Asterisk makes of one. */
export function markDollars(value: string): string {
  return value.replaceAll('$', '\0');
}

/** EXEC evaluates its arguments where AGIEXECFULL says so, once: what comes out of that stays as it is. */
export async function settleDollars(ask: Ask, args: string): Promise<string> {
  if (!args.includes('\0')) return args;
  const evaluates = truth.test((await ask('GET VARIABLE AGIEXECFULL')).value ?? '');
  return args.replaceAll('\0', () => (evaluates ? dollar : '$'));
}

/** The application's name, and its arguments' text around the values. */
function takeApart(raw: readonly string[]): { application: string; texts: string[] } {
  // a backslash is the dialplan's own, but where JavaScript needs one
  const texts = raw.map((text) => text.replace(/\\(?=[`$])/g, ''));
  const last = texts.length - 1;
  const [opening, application] = /^\s*(\w+)\s*(?:\(|$)/.exec(texts[0] as string) ?? [];
  const bare = last === 0 && !opening?.endsWith('(');
  if (opening === undefined || application === undefined || !(bare || /\)\s*$/.test(texts[last] as string))) {
    throw new AgiArgumentError(
      'exec: a template reads as in the dialplan, exec`Application(arguments)`, with no value in the name',
    );
  }
  texts[last] = (texts[last] as string).replace(/\)\s*$/, '');
  texts[0] = (texts[0] as string).slice(opening.length);
  return { application, texts };
}

/** @param before the text in front of the value, which tells where it stands */
function encodeValue(application: string, before: string, value: AgiArgument): string {
  // refuses what is neither text nor a number, and what AGI cannot carry
  encodeArgument(value, 'EXEC');
  const text = String(value);
  const name = application.toLowerCase();
  const args = splitArguments(before);
  const argument = args.at(-1) as string;
  const must = (allowed: RegExp, where: string, may: string) => {
    if (!allowed.test(text)) throw refused(application, where, may);
  };
  if (evaluating.has(name)) {
    must(harmless, 'evaluates what it is given', 'letters, digits and . / @ + : - _');
    if (branching.has(name)) must(/^[^:]*$/, 'branches at a colon', 'letters, digits and . / @ + - _');
    // `Exec(Dial(Local/…` and its like dial, too
    if (/\/[^,&(?:]*$/.test(before)) must(inDestination, 'may dial with it', 'no / and no @');
    return text;
  }
  if (openExpression(before) !== undefined) {
    must(word, 'is given it inside of an expression', 'letters, digits and . + - _');
    return text;
  }
  if (assigning.has(name)) {
    // Set() assigns all that is behind its first `=`, MSet() what each argument has
    const assignment = name === 'set' ? before : argument;
    const equals = assignment.indexOf('=');
    if (equals === -1) {
      must(word, 'takes it for a name', 'letters, digits and . + - _');
      return text;
    }
    const variable = assignment.slice(0, equals).trim();
    if (variable.includes('(') && !holding.test(variable)) {
      must(plain, `gives it to ${variable}`, 'no quotes, commas or brackets, and nothing that a shell knows');
    }
  }
  // a dollar sign of the template's own would begin an expression with it
  if (before.endsWith('$')) must(/^[^{[]*$/, 'is given it behind a dollar sign', 'no brace and no bracket');
  if (args.length > (textBehind[name] ?? Infinity)) {
    // the one that makes a newline of \n
    return name === 'sendtext' ? text.replaceAll('\\', '\\\\') : text;
  }
  if (isInParentheses(before)) {
    must(plain, 'is given it in parentheses', 'no quotes, commas, brackets, & or ^');
    if (dialling.has(name)) must(/^[^:]*$/, 'parts what stands in parentheses at a colon', 'no colon');
    return text;
  }
  if (dialling.has(name) && argument.slice(argument.lastIndexOf('&')).includes('/')) {
    must(
      inDestination,
      'is given a part of a destination',
      'no / and no @: another context could be dialled by it',
    );
  }
  if (plain.test(text)) return text;
  const exact = escapable[name] ?? 0;
  if (args.length > exact) {
    throw refused(
      application,
      'has no way to take it',
      'no quotes, commas, brackets, backslashes, &, ^, $ or `;|<>',
    );
  }
  if (exact !== Infinity) must(/^[^&^]*$/, 'would take it for several', 'no & and no ^');
  return escapeArgument(text);
}

/** What stays within a destination that has begun. */
const inDestination = /^[^/@]*$/;

/** @param may what a value may hold there */
function refused(application: string, where: string, may: string): AgiArgumentError {
  return new AgiArgumentError(
    `exec: ${application}() ${where}: a value there may hold ${may}, or it could be more than data. ` +
      'Check it first, or set a variable to it and let the dialplan read that',
  );
}
