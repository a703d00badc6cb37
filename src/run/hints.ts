/** What to do about errors that are not ours: a name from elsewhere (phpAGI, PHP, another kind of module), a package that is not there. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { nearestName } from '../nearest-name';

export const methodNames: readonly string[] = [
  ...'answer ari ask asyncAgiBreak channelStatus conlog controlStreamFile databaseDel databaseDelTree databaseGet'.split(
    ' ',
  ),
  ...'databasePut dial enumLookup exec execAgi getData getFullVariable getOption getVariable gosub goto hangup'.split(
    ' ',
  ),
  ...'manager menu noop parseCallerId play prepareSpeech receiveChar receiveText recordFile say sayAlpha sayDate'.split(
    ' ',
  ),
  ...'sayDateTime sayDigits sayNumber sayPhonetic sayPunctuation sayTime send sendImage sendText'.split(' '),
  ...'setAbsoluteTimeout setAccountCode setAutoHangup setCallerId setContext setExtension setGlobalVariable'.split(
    ' ',
  ),
  ...'setLanguage setMusic setPriority setVariable speechActivateGrammar speechCreate speechDeactivateGrammar'.split(
    ' ',
  ),
  ...'speechDestroy speechFile speechLoadGrammar speechRecognize speechSet speechUnloadGrammar streamFile swift'.split(
    ' ',
  ),
  ...'tddMode text2wav textInput typeAhead verbose waitForDigit'.split(' '),
];

/** phpAGI's methods that have another name here, not only another spelling. */
const otherNames: Readonly<Record<string, string>> = {
  evaluate: 'send',
  exec_absolutetimeout: 'setAbsoluteTimeout',
  exec_dial: 'dial',
  exec_enumlookup: 'enumLookup',
  exec_goto: 'goto',
  exec_setaccountcode: 'setAccountCode',
  exec_setlanguage: 'setLanguage',
  new_AsteriskManager: 'manager',
  set_global_var: 'setGlobalVariable',
  set_var: 'setVariable',
};

/** What a method of phpAGI's is called here; undefined for what is none. */
export function nameHere(name: string): string | undefined {
  if (Object.hasOwn(otherNames, name)) return otherNames[name];
  const ahead = /^fastpass_(\w+)$/.exec(name);
  const plain = ahead ? (ahead[1] as string) : name;
  const ours = methodNames.find((method) => fold(method) === fold(plain));
  return ours && (ahead ? `agi.typeAhead().${ours}` : ours);
}

function fold(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** What to do about functions that a script exports by names, where nothing of it was called; undefined where it has none. */
export function hintForExports(exports: unknown): string | undefined {
  let names: string[];
  try {
    names = Object.entries(exports ?? {}).flatMap(([name, value]) =>
      typeof value === 'function' ? name : [],
    );
  } catch {
    // a getter that throws
    return undefined;
  }
  if (names.length === 0) return undefined;
  return (
    `the script has sent no command, and nothing calls what it exports (${names.join(', ')}): ` +
    'the function that is the call must be its default export, or module.exports itself'
  );
}

/** What to do about an error whose own words are the system's or the language's; undefined where there is nothing to say. */
export function hintFor(error: Error): string | undefined {
  return (
    hintForMethod(error) ??
    hintForReceiver(error) ??
    hintForName(error) ??
    hintForType(error) ??
    hintForPackage(error)
  );
}

const notFunction = ' is not a function';

/** `get_data is getData here …`, for an error that says that a call has no method of this name. */
function hintForMethod(error: Error): string | undefined {
  // whoever throws it may have put there what he likes
  const message = String(error.message);
  if (error.name !== 'TypeError' || !message.endsWith(notFunction)) return undefined;
  // names are short, and a message may be as long as somebody likes to throw one
  const missing = message.slice(-(notFunction.length + 100), -notFunction.length);
  const match = /([\w$]+(?:\(\.\.\.\))?)\??\.([\w$]+)$/.exec(missing);
  if (!match) return undefined;
  const [, receiver = '', name = ''] = match;
  const ofCall = /^(?:fast)?agi$/i.test(receiver) || receiver === 'typeAhead(...)';
  // a script may call its call as it likes, and other libraries have such names as well
  if (!ofCall && !name.includes('_')) return undefined;
  const ours = nameHere(name);
  if (ours !== undefined) {
    const where = ofCall ? '' : `if ${receiver} is the call, `;
    return `${where}${name} is ${ours} here; docs/from-phpagi.md says what each method of phpAGI's has become`;
  }
  if (!ofCall) return undefined;
  if (listening.test(name))
    return "a call has one event, the hangup: agi.signal.addEventListener('abort', …), or try { … } finally { … }";
  const meant = nearestName(name, methodNames);
  return meant && `did you mean ${meant}?`;
}

/** What listens for events elsewhere. */
const listening = /^(?:on|once|addListener|addEventListener|on_?hangup)$/i;

/** For a method without its call: `const { streamFile } = agi`, or `.then(agi.verbose)`. */
function hintForReceiver(error: Error): string | undefined {
  // what our methods look for first of all in what they are called on
  return error.name === 'TypeError' &&
    /^Cannot read properties of undefined \(reading '(?:Symbol\(fastagi\.commander\)|typeAhead)'\)$/.test(
      error.message,
    )
    ? "a call's methods are called on it: agi.streamFile(…), and (text) => agi.verbose(text) for agi.verbose"
    : undefined;
}

/** What only CommonJS has, and what an ES module has for it. */
const inModules: Readonly<Record<string, string>> = {
  require: 'import',
  module: 'export',
  exports: 'export',
  __dirname: 'import.meta.dirname',
  __filename: 'import.meta.filename',
};

/** For a name that is PHP's, or that of the other kind of module. */
function hintForName(error: Error): string | undefined {
  if (error.name !== 'ReferenceError') return undefined;
  const [, name = ''] = /^([\w$]{1,20}) is not defined$/.exec(error.message) ?? [];
  if (name === '$agi' || name === 'AGI') return 'the call is agi here, and there from the start';
  return Object.hasOwn(inModules, name)
    ? `this file is an ES module, for it awaits at its top level, or its name or its package.json says so: there it is ${inModules[name]}`
    : undefined;
}

/** For a type that a script in TypeScript imports as if it were there when it runs. */
function hintForType(error: Error): string | undefined {
  if (error.name !== 'SyntaxError') return undefined;
  const [, module = '', name] =
    /^The requested module '([^']{1,200})' does not provide an export named '([\w$]{1,80})'$/.exec(
      error.message,
    ) ?? [];
  return /^fastagi(?:\/|$)|\.[mc]?ts$/.test(module)
    ? `if ${name} is a type: import type, for Node leaves types out and looks for no others`
    : undefined;
}

/** For a file that is there by a longer name, or another: TypeScript's own compiler wants `./lib.js` for lib.ts. */
function hintForFile(message: string): string | undefined {
  const [, file] = /^Cannot find module '(\/[^']{1,1000})' imported from /.exec(message) ?? [];
  if (file === undefined) return undefined;
  const names = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'].map((ending) => file + ending);
  const found = [...names, file.replace(/js$/, 'ts')].find((name) => name !== file && existsSync(name));
  return found && `there is ${path.basename(found)}, and an import has the whole name of its file`;
}

/** For a package that is not installed where the script looks for it. */
function hintForPackage(error: Error): string | undefined {
  const { code, requireStack } = error as NodeJS.ErrnoException & { requireStack?: readonly unknown[] };
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const file = hintForFile(error.message);
  if (file !== undefined) return file;
  const match = /^Cannot find (?:module|package) '((?:@[\w.-]+\/)?[\w-][\w.-]*)/.exec(error.message);
  if (!match) return undefined;
  const name = match[1] as string;
  if (name === 'fastagi')
    return "the library is not beside the script: npm install the package file of fastagi in the script's folder";
  const from = requireStack?.[0] ?? / imported from (\/.*)/.exec(error.message)?.[1];
  const folder = typeof from === 'string' ? path.dirname(from) : undefined;
  // PHP looks for `require 'lib.php'` in the script's folder
  if (folder !== undefined && existsSync(path.join(folder, name)))
    return `${name} lies in the script's own folder: that is written with ./ in front`;
  // it is there, and what is missing is a part of it
  if (folder !== undefined && isInstalled(name, folder)) return undefined;
  const files = ['.js', '.mjs', '.cjs', '.json'];
  // either may be meant: chart.js is a package, and a script that needs redis may be called redis.js
  const isFile =
    files.some((ending) => name.endsWith(ending)) ||
    (folder !== undefined && files.some((ending) => existsSync(path.join(folder, name + ending))));
  const other = isFile ? '; or ./ in front of it, if it is a file of yours' : '';
  return `npm install ${name} in the script's folder, or above it${other}`;
}

function isInstalled(name: string, folder: string): boolean {
  const above = path.dirname(folder);
  return (
    existsSync(path.join(folder, 'node_modules', name)) || (above !== folder && isInstalled(name, above))
  );
}
