/**
 * `` agi.exec`Dial(PJSIP/${extension},30)` ``: a dialplan application as it stands in extensions.conf, in which
 * values are data. What a value holds never separates arguments, joins destinations, or is evaluated: where that
 * cannot be had, the value is refused.
 */
import { AgiArgumentError } from '../errors';
import { type AgiArgument, encodeArgument, encodeCommand } from '../wire/agi-command';
import { escapeArgument, isInParentheses, openExpressions, splitArguments } from '../wire/dialplan';
import type { Commander } from './commander';

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

/** Applications whose destinations are `TECHNOLOGY/resource`, the resource `extension@context` in one of them. */
const dialling = new Set(['dial', 'retrydial', 'page', 'chanisavail', 'originate']);

/** Applications that read what they are given once more, as dialplan or as a shell's command. */
const evaluating = new Set(
  'exec tryexec execif execiftime gotoif gotoiftime gosubif while system trysystem mixmonitor originate waitforcondition'.split(
    ' ',
  ),
);

/** What is text to every application, wherever it stands. */
const plain = /^[^\\",()[\]{}&^$]*$/;
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
  { raw }: { readonly raw: readonly string[] },
  values: readonly AgiArgument[],
): Promise<number> {
  return commander.session.turn(async (ask) => {
    const { application, texts } = takeApart(raw);
    let args = texts[0] as string;
    values.forEach((value, at) => {
      // a mark in the place of each dollar sign of a value's, until it is known what Asterisk makes of one
      args += encodeValue(application, args, value).replaceAll('$', '\0') + texts[at + 1];
    });
    const evaluates = args.includes('\0') && truth.test((await ask('GET VARIABLE AGIEXECFULL')).value ?? '');
    // what comes out of an evaluation is not evaluated again
    const line = encodeCommand('EXEC', [
      application,
      args.replaceAll('\0', () => (evaluates ? dollar : '$')),
    ]);
    return commander.executed(application, await ask(line, { secret: commander.secret }), ask);
  });
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
  encodeArgument(value);
  const text = String(value);
  const name = application.toLowerCase();
  const args = splitArguments(before);
  const argument = args.at(-1) as string;
  const must = (allowed: RegExp, where: string, may: string) => {
    if (!allowed.test(text)) throw refused(application, where, may);
  };
  if (evaluating.has(name)) {
    must(harmless, 'evaluates what it is given', 'letters, digits and . / @ + : - _');
    return text;
  }
  if (openExpressions(before).length > 0) {
    must(word, 'is given it inside of an expression', 'letters, digits and . + - _');
    return text;
  }
  if (assigning.has(name) && !argument.includes('=')) {
    must(word, 'takes it for a name', 'letters, digits and . + - _');
    return text;
  }
  // a dollar sign of the template's own would begin an expression with it
  if (before.endsWith('$')) must(/^[^{[]*$/, 'is given it behind a dollar sign', 'no brace and no bracket');
  if (args.length > (textBehind[name] ?? Infinity)) return text;
  if (isInParentheses(before)) {
    must(plain, 'is given it in parentheses', 'no quotes, commas, brackets, & or ^');
    return text;
  }
  if (dialling.has(name) && argument.slice(argument.lastIndexOf('&')).includes('/')) {
    must(
      /^[^/@]*$/,
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
      'no quotes, commas, brackets, backslashes, &, ^ or $',
    );
  }
  if (exact !== Infinity) must(/^[^&^]*$/, 'would take it for several', 'no & and no ^');
  return escapeArgument(text);
}

/** @param may what a value may hold there */
function refused(application: string, where: string, may: string): AgiArgumentError {
  return new AgiArgumentError(
    `exec: ${application}() ${where}: a value there may hold ${may}, or it could be more than data. ` +
      'Check it first, or set a variable to it and let the dialplan read that',
  );
}
