/**
 * `` agi.exec`Dial(PJSIP/${extension},30)` ``: a dialplan application as it stands in extensions.conf, in which
 * values are data. What a value holds never separates arguments, joins destinations, or is evaluated.
 */
import { AgiArgumentError } from '../errors';
import { type AgiArgument, encodeArgument, encodeCommand } from '../wire/agi-command';
import { escapeArgument, splitArguments } from '../wire/dialplan';
import type { Commander } from './commander';

/**
 * Applications that take text as it is behind so many arguments, and would show a backslash: seen on Asterisk
 * 16 and 22. An application's last argument is not taken apart (main/app.c, __ast_app_separate_args).
 */
const textBehind: Record<string, number | undefined> = {
  noop: 0,
  set: 0,
  sendtext: 0,
  verbose: 1,
  log: 1,
};

/** Applications in which `&` joins several things. */
const joining = new Set(
  'dial retrydial page playback background controlplayback read chanisavail parkandannounce'.split(' '),
);

/** Applications that read what they are given once more, as dialplan or as a shell's command. */
const evaluating = new Set(
  'exec tryexec execif execiftime gotoif gotoiftime gosub gosubif while system trysystem mixmonitor originate'.split(
    ' ',
  ),
);

/** What has no meaning to the dialplan, to a shell, nor to anything else. */
const harmless = /^[\w./@+:-]*$/;

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
    for (const value of values) checkValue(application, value);
    const evaluates =
      values.some((value) => String(value).includes('$')) &&
      truth.test((await ask('GET VARIABLE AGIEXECFULL')).value ?? '');
    let args = texts[0] as string;
    values.forEach((value, at) => {
      args += encodeValue(application, args, value, evaluates) + texts[at + 1];
    });
    const reply = await ask(encodeCommand('EXEC', [application, args]), { secret: commander.secret });
    return commander.executed(application, reply, ask);
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

/** @throws AgiArgumentError for a value that this application would take for more than data */
function checkValue(application: string, value: AgiArgument): void {
  // refuses what is neither text nor a number, and what AGI cannot carry
  const text = encodeArgument(value) && String(value);
  const name = application.toLowerCase();
  if (evaluating.has(name) && !harmless.test(text)) {
    throw new AgiArgumentError(
      `exec: ${application}() evaluates what it is given, and a value in it may hold letters, digits and . / @ + : - _ alone: ` +
        `set a variable to it, and let ${application}() name the variable`,
    );
  }
  if (joining.has(name) && text.includes('&')) {
    throw new AgiArgumentError(
      `exec: & in a value would join another destination or file to ${application}(), and nothing can take that meaning from it`,
    );
  }
}

/** @param before the text in front of the value, which tells the argument that it stands in */
function encodeValue(application: string, before: string, value: AgiArgument, evaluates: boolean): string {
  const text = String(value);
  const textFrom = textBehind[application.toLowerCase()];
  const isText = textFrom !== undefined && splitArguments(before).length > textFrom;
  const escaped = isText ? text : escapeArgument(text);
  // what Asterisk evaluates in the arguments of EXEC it evaluates once: what comes out stays as it is
  return evaluates ? escaped.replace(/\$(?=[{[])/g, () => dollar) : escaped;
}
