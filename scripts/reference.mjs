// Writes docs/reference/*.md anew: the public names, with what their docstrings say of them, and the commands.
//
//   node build.mjs && node scripts/reference.mjs
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDeclaration, readExports } from './declarations.mjs';
import { breakMember, breakType, withoutComments } from './declared-code.mjs';
import { pages } from './reference-pages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const WIDTH = 120;
const MADE = '[made by `scripts/reference.mjs`]: #';
/** Behind a heading, what links to it say; `settleLinks` takes it away. */
const KEY = '\u0000';

/** @returns {Map<string, string>} the name of each page in docs/reference, with its text */
export function renderReference(types = path.join(root, 'dist/types')) {
  return new Map([
    ...pages.map((page) => [page.file, renderPage(page, types)]),
    ['cli.md', renderCommands()],
  ]);
}

/** What each command says of itself. */
function renderCommands() {
  const helpOf = (...words) =>
    execFileSync(process.execPath, [path.join(root, 'dist/fastagi'), ...words, '--help'], {
      encoding: 'utf8',
      // none of this machine's settings has a say in it
      env: { PATH: process.env.PATH },
    }).trim();
  const all = helpOf();
  const names = Array.from(all.matchAll(/^ {2}fastagi (\w+)/gm), ([, name]) => name);
  const parts = names.flatMap((name) => [`## fastagi ${name}`, fenceText(helpOf(name))]);
  return `${[
    '# The commands: `fastagi`',
    MADE,
    'What they say by `--help`. Their exit codes are in [exit-codes.md](../exit-codes.md).',
    names.map((name) => `[${name}](#fastagi-${name})`).join(' · '),
    '## fastagi',
    fenceText(all),
    ...parts,
  ].join('\n\n')}\n`;
}

const fenceText = (text) => `\`\`\`\n${text}\n\`\`\``;

/** @param {import('./reference-pages.mjs').Page} page */
function renderPage(page, types) {
  const declarations = readExports(path.join(types, page.entry));
  for (const { name, from } of page.classes)
    if (from) declarations.set(name, readDeclaration(path.join(types, from), name));
  const shapes = new Map(page.classes.map((shape) => [shape.name, shape]));
  for (const name of [...shapes.keys(), ...(page.leftOut ?? [])])
    if (!declarations.has(name)) throw new Error(`${page.entry} has no ${name}`);
  const others = [...declarations.values()]
    .filter(({ name }) => !shapes.has(name) && !page.leftOut?.includes(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const isError = ({ kind, name }) => kind === 'class' && name.endsWith('Error');
  const isFunction = ({ kind }) => kind === 'function';
  const groups = {
    Functions: others.filter(isFunction),
    Errors: others.filter(isError),
    Types: others.filter((declaration) => !isFunction(declaration) && !isError(declaration)),
  };
  const known = new Set([...shapes.keys(), ...others.map(({ name }) => name)]);
  const about = page.classes
    .filter(({ receiver }) => receiver)
    .map(({ name }) => declarations.get(name).doc.text);
  const parts = [
    heading(1, page.title, page.classes.find(({ receiver }) => receiver)?.name),
    MADE,
    page.intro,
    ...about.filter(Boolean).map(wrapAll),
    [
      ...page.classes.flatMap(renderContents),
      ...Object.entries(groups).flatMap(([title, list]) =>
        list.length > 0
          ? [
              contents(
                title,
                list.map(({ name }) => [name, name]),
              ),
            ]
          : [],
      ),
    ].join('\n'),
    ...page.classes.map((shape) => renderClass(shape, declarations.get(shape.name), page, known)),
    ...Object.entries(groups).flatMap(([title, list]) =>
      list.length > 0
        ? [heading(2, title), ...list.map((declaration) => renderOther(declaration, known))]
        : [],
    ),
    ...(page.appendix ? [page.appendix(types)] : []),
  ];
  return settleLinks(`${parts.join('\n\n')}\n`, page.file);
}

const heading = (level, text, key = text) => `${'#'.repeat(level)} ${text}${KEY}${key}`;
const link = (text, key = text) => `[${text}](${KEY}${key.replaceAll(' ', '\u0001')})`;

/** Headings that read alike have a number behind their address, as GitHub counts them. */
function settleLinks(text, file) {
  const addresses = new Map();
  const counts = new Map();
  const settled = text.replace(/^(#+ )(.*)\0(.*)$/gm, (_, marks, title, key) => {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    addresses.set(key, count === 0 ? slug : `${slug}-${count}`);
    return marks + title;
  });
  return settled.replace(/\(\0([^)]*)\)/g, (_, key) => {
    const address = addresses.get(key.replaceAll('\u0001', ' '));
    if (address === undefined) throw new Error(`${file} has no ${key}`);
    return `(#${address})`;
  });
}

function renderContents({ name, receiver, sections }) {
  if (!receiver) return Object.keys(sections).map((title) => `- **${link(title, name)}**`);
  return Object.entries(sections).map(([title, words]) =>
    contents(
      title,
      words.split(' ').map((word) => [word, `${name}.${word}`]),
    ),
  );
}

const contents = (title, links) =>
  wrap(`- **${title}**: ${links.map(([text, key]) => link(text, key)).join(', ')}`, '  ');

/** A class that has a part of the page to itself. */
function renderClass({ name, receiver, sections }, declaration, page, known) {
  // what another class of the page has is told there
  const members = publicMembers(declaration).filter(({ of }) => of === name || !known.has(of));
  const left = new Set(members.map((member) => member.name));
  const parts = Object.entries(sections).flatMap(([title, words]) => [
    heading(2, title, receiver ? title : name),
    ...(receiver ? [] : [renderDoc(declaration.doc)].filter(Boolean)),
    ...words.split(' ').map((word) => {
      if (!left.delete(word)) throw new Error(`${name} has no ${word}, or it stands in two sections`);
      const forms = members.filter((member) => member.name === word);
      const command = receiver && page.commands?.find((each) => sameName(each, word));
      return renderMember(forms, { name, receiver, command, known });
    }),
  ]);
  if (left.size > 0) throw new Error(`${name}: ${[...left]} is in no section of scripts/reference-pages.mjs`);
  return parts.join('\n\n');
}

const sameName = (command, method) => command.replaceAll(' ', '').toLowerCase() === method.toLowerCase();

/** One member, in all the forms that it may be called in. */
function renderMember(members, { name, receiver, command, known }) {
  const [{ name: word, isStatic }] = members;
  const before = isStatic ? `${name}.` : receiver ? `${receiver}.` : '';
  const code = members.map(({ signature }) => breakMember(before + signature)).join('\n');
  const [first, ...more] = members.map(({ doc, signature }) => renderDoc(doc, optionsIn(signature)));
  const told = command ? `Asterisk's \`${command}\`. ${first}` : first;
  return [
    heading(3, receiver ? word : `${name}.${word}`, `${name}.${word}`),
    fence(code),
    ...[told, ...more].filter(Boolean).map(wrapAll),
    ...seeAlso(code, known, name),
  ].join('\n\n');
}

/** Functions, errors and types. */
function renderOther(declaration, known) {
  const { name, kind, doc, text } = declaration;
  const body =
    kind === 'class'
      ? publicMembers(declaration)
          .map(({ signature, doc: said }) => {
            const code = withoutComments(signature).replace(/\s+/g, ' ');
            return wrap(`- \`${code}\`${said.text ? `: ${said.text}` : ''}`, '  ');
          })
          .join('\n')
      : fence(kind === 'function' ? breakMember(text.replace(/^.*?function /, '')) : breakType(text));
  return [
    heading(3, name),
    ...[renderDoc(doc)].filter(Boolean).map(wrapAll),
    ...[body].filter(Boolean),
    ...seeAlso(text, known, name),
  ].join('\n\n');
}

/** Without what Node's streams and our own errors call for. */
function publicMembers({ members }) {
  return members.filter(({ name }) => !/^(constructor|kind|_\w+)$/.test(name));
}

/** What stands at an option's own place in the signature. */
function optionsIn(signature) {
  return Array.from(signature.matchAll(/\/\*\* (.*?) \*\/\s*(\w+)\??:/g), ([, text, name]) => ({
    name: `options.${name}`,
    text,
  }));
}

function renderDoc({ text, params, returns, throws }, options = []) {
  const rows = [
    ...[...params, ...options].map(({ name, text: words }) => `- \`${name}\`: ${words}`),
    ...(returns ? [`- gives ${returns}`] : []),
    ...throws.map((words) => `- throws ${words.replace(/(?<!`)\b[A-Z]\w+Error\b(?!`)/g, '`$&`')}`),
  ];
  return [text, rows.join('\n')].filter(Boolean).join('\n\n');
}

function seeAlso(code, known, own) {
  const names = [...new Set(withoutComments(code).match(/\b[A-Z]\w+/g))].filter(
    (name) => known.has(name) && name !== own,
  );
  return names.length === 0 ? [] : [wrap(`See ${names.map((name) => link(name)).join(', ')}.`)];
}

const fence = (code) => `\`\`\`ts\n${code}\n\`\`\``;

const wrapAll = (text) =>
  text
    .split('\n\n')
    .map((part) =>
      part.startsWith('- ')
        ? part
            .split('\n')
            .map((row) => wrap(row, '  '))
            .join('\n')
        : wrap(part),
    )
    .join('\n\n');

function wrap(text, indent = '') {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    // what a link stands for is longer than it will be
    if (line !== '' && line.length + word.length + 1 > WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.join(root, 'docs/reference');
  fs.mkdirSync(folder, { recursive: true });
  for (const [file, text] of renderReference()) fs.writeFileSync(path.join(folder, file), text);
}
