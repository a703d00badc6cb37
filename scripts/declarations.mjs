// What a package's declarations say, as `tsc` has written them (dist/types): names, signatures, and the words about them.
import fs from 'node:fs';
import path from 'node:path';

const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(class|interface|type|function|const) (\w+)/;
/** What a member's own name begins behind. */
const WORDS = /^(?:readonly |static |get |set |protected |abstract )*/;

/**
 * @param {string} entry a file whose exports are wanted
 * @returns {Map<string, Declaration>} by name; a class and the interface that is merged with it are one
 * @typedef {{ kind: string, name: string, doc: Doc, head: string, text: string, members: Member[], file: string }} Declaration
 * @typedef {{ name: string, of: string, isStatic: boolean, signature: string, doc: Doc }} Member
 * @typedef {{ text: string, params: { name: string, text: string }[], returns: string, throws: string[] }} Doc
 */
export function readExports(entry) {
  const found = new Map();
  for (const name of exportedNames(entry).keys()) found.set(name, readDeclaration(entry, name));
  return found;
}

/** @returns {Declaration} of a name that the file declares, or has from another one */
export function readDeclaration(file, name) {
  const all = readDeclarations(file);
  const declarations = all.filter((declaration) => declaration.name === name);
  const [first] = declarations;
  if (first) {
    const inherited = declarations
      .flatMap(({ head }) => forebears(file, head))
      .flatMap(({ members }) => members);
    const own = declarations.flatMap(({ members }) => members);
    const isOwn = new Set(own.map((member) => member.name));
    return {
      ...(declarations.find(({ kind }) => kind === 'class') ?? first),
      doc: (declarations.find(({ doc }) => doc.text !== '') ?? first).doc,
      text: spellOut(first.text, all),
      members: [...own, ...inherited.filter((member) => !isOwn.has(member.name))],
    };
  }
  const elsewhere = exportedNames(file).get(name);
  if (elsewhere === undefined || elsewhere === file) throw new Error(`${name} is not declared in ${file}`);
  return readDeclaration(elsewhere, name);
}

/** A type that is one of the words in a list says no more than the list's name. */
function spellOut(text, declarations) {
  return text.replace(/\(typeof (\w+)\)\[number\]/g, (whole, name) => {
    const list = declarations.find((declaration) => declaration.name === name)?.text;
    return list?.match(/'[^']*'/g)?.join(' | ') ?? whole;
  });
}

/** What a class or an interface has its members from, as far as that is ours, and no table of Asterisk's. */
function forebears(file, head) {
  const words = /\bextends ([\s\S]*)$/.exec(head)?.[1].match(/\b[A-Z]\w*/g) ?? [];
  const sources = importedNames(file);
  return words
    .filter((name) => sources.has(name) && !name.endsWith('Operations'))
    .map((name) => readDeclaration(sources.get(name), name));
}

function importedNames(file) {
  const names = new Map();
  const text = fs.readFileSync(file, 'utf8');
  for (const [, list, from] of text.matchAll(/^import (?:type )?\{([^}]*)\} from '(\..*)';/gm)) {
    for (const [, name] of list.matchAll(/(\w+)\s*(?:,|$)/g))
      names.set(name, path.resolve(path.dirname(file), `${from}.d.ts`));
  }
  return names;
}

/** Each name that a file exports, with the file that it comes from. What it exports as a whole is left out. */
function exportedNames(file) {
  const names = new Map();
  for (const [, list, from] of fs
    .readFileSync(file, 'utf8')
    .matchAll(/^export (?:type )?\{([^}]*)\} from '(.*)';/gm)) {
    const source = path.resolve(path.dirname(file), `${from}.d.ts`);
    for (const [, name] of list.matchAll(/(\w+)\s*(?:,|$)/g)) names.set(name, source);
  }
  for (const { name, isExported } of readDeclarations(file)) if (isExported) names.set(name, file);
  return names;
}

/** @returns {(Declaration & { isExported: boolean })[]} in their order */
export function readDeclarations(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const declarations = [];
  let doc = '';
  for (let at = 0; at < lines.length; at++) {
    if (/^\s*\/\*\*/.test(lines[at])) [doc, at] = takeComment(lines, at);
    else {
      const match = DECLARATION.exec(lines[at]);
      if (match) {
        const [, kind, name] = match;
        const begin = at;
        at = endOf(lines, at, kind === 'class' || kind === 'interface');
        const text = lines.slice(begin, at + 1).join('\n');
        declarations.push({
          kind,
          name,
          file,
          isExported: text.startsWith('export'),
          doc: readDoc(doc),
          head: text.slice(0, text.indexOf('{')).trim(),
          text,
          members: /^(class|interface)$/.test(kind) ? readMembers(lines.slice(begin + 1, at), name) : [],
        });
      }
      doc = '';
    }
  }
  return declarations;
}

/** The members of a class's or an interface's body: what is its own affair is left out. */
function readMembers(lines, of) {
  const members = [];
  let doc = '';
  for (let at = 0; at < lines.length; at++) {
    if (/^ {4}\/\*\*/.test(lines[at])) {
      [doc, at] = takeComment(lines, at);
      continue;
    }
    const begin = at;
    if (lines[at].trim() === '') continue;
    at = endOf(lines, at, false);
    const text = lines
      .slice(begin, at + 1)
      .join('\n')
      .trim();
    const bare = text.replace(WORDS, '');
    const name = /^\w+/.exec(bare)?.[0];
    const isOurs = /^(?:private|protected|abstract|#)/.test(text);
    if (name !== undefined && !isOurs) {
      members.push({
        name,
        isStatic: text.startsWith('static '),
        of,
        signature: (text.startsWith('get ') ? bare.replace('()', '') : bare).replace(/;$/, ''),
        doc: readDoc(doc),
      });
    }
    doc = '';
  }
  return members;
}

/** The line at which what begins here is over: by its last bracket, or, where it is a type or a member, by a semicolon. */
function endOf(lines, begin, endsByBracket) {
  let depth = 0;
  let isComment = false;
  for (let at = begin; at < lines.length; at++) {
    let line = '';
    // brackets in what is said, and in a text, are none
    for (const [part] of lines[at].matchAll(/\/\*|\*\/|'(?:\\.|[^'\\])*'|./g)) {
      if (part === '/*') isComment = true;
      else if (part === '*/') isComment = false;
      else if (!isComment) line += part.startsWith("'") ? "''" : part;
    }
    depth += (line.match(/[{([]/g)?.length ?? 0) - (line.match(/[})\]]/g)?.length ?? 0);
    if (depth === 0 && (endsByBracket ? /\}\s*$/ : /;\s*$/).test(line)) return at;
  }
  throw new Error(`no end of ${lines[begin]}`);
}

function takeComment(lines, begin) {
  let at = begin;
  while (!lines[at].includes('*/')) at++;
  const text = lines
    .slice(begin, at + 1)
    .map((line) => line.replace(/^\s*(?:\/\*\*|\*(?!\/))? ?/, '').replace(/\s*\*\/$/, ''))
    .join('\n')
    .trim();
  return [text, at];
}

/** @returns {Doc} */
export function readDoc(comment) {
  const [text = '', ...tags] = comment.split(/(?:^|\s)@(?=(?:param|returns|throws)\b)/);
  const doc = { text: oneLine(text), params: [], returns: '', throws: [] };
  for (const tag of tags) {
    const [, kind, rest = ''] = /^(\w+)\s+([\s\S]*)$/.exec(tag) ?? [];
    if (kind === 'param') {
      const [, name, words = ''] = /^([\w.]+)\s*([\s\S]*)$/.exec(rest) ?? [];
      doc.params.push({ name, text: oneLine(words) });
    } else if (kind === 'returns') doc.returns = oneLine(rest);
    else doc.throws.push(oneLine(rest));
  }
  return doc;
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
