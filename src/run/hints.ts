/** What to do about errors that are not ours: a method by a name it has elsewhere (in phpAGI, in another language), a package that is not there. */
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

/** What to do about an error whose own words are the system's or the language's; undefined where there is nothing to say. */
export function hintFor(error: Error): string | undefined {
  return hintForMethod(error) ?? hintForPackage(error);
}

/** `get_data is getData here …`, for an error that says that a call has no method of this name. */
function hintForMethod(error: Error): string | undefined {
  if (error.name !== 'TypeError') return undefined;
  const match = /([\w$]+(?:\(\.\.\.\))?)\??\.([\w$]+) is not a function$/.exec(error.message);
  if (!match) return undefined;
  const [, receiver = '', name = ''] = match;
  const ofCall = /^(?:fast)?agi$/i.test(receiver) || receiver === 'typeAhead(...)';
  // whatever the script calls its call: no other object has such a name by chance
  if (!ofCall && !name.includes('_')) return undefined;
  const ours = nameHere(name);
  if (ours !== undefined)
    return `${name} is ${ours} here; docs/from-phpagi.md says what each method of phpAGI's has become`;
  const meant = ofCall ? nearestName(name, methodNames) : undefined;
  return meant && `did you mean ${meant}?`;
}

/** For a package that is not installed where the script looks for it. */
function hintForPackage(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const match = /^Cannot find (?:module|package) '((?:@[\w.-]+\/)?[\w-][\w.-]*)/.exec(error.message);
  if (!match) return undefined;
  const name = match[1] as string;
  return name === 'fastagi'
    ? "the library is not beside the script: npm install the package file of fastagi in the script's folder"
    : `npm install ${name} in the script's folder, or above it`;
}
