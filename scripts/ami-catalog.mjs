// Writes src/ami/catalog.ts: the names of the manager's actions and events, of their headers, and which an action
// must have, from the documentation that an installed Asterisk carries. Names and facts alone; nothing of its prose.
//
//   node scripts/ami-catalog.mjs /usr/share/asterisk/documentation/core-en_US.xml ... > src/ami/catalog.ts
//
// Of several files, the first wins: give the newest Asterisk first. What only an older one has is added.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What `<channel_snapshot prefix="…"/>` and `<bridge_snapshot/>` stand for: main/manager_channels.c, manager_bridges.c. */
const snapshots = {
  channel_snapshot: [
    ...['Channel', 'ChannelState', 'ChannelStateDesc', 'CallerIDNum', 'CallerIDName', 'ConnectedLineNum'],
    ...[
      'ConnectedLineName',
      'Language',
      'AccountCode',
      'Context',
      'Exten',
      'Priority',
      'Uniqueid',
      'Linkedid',
    ],
    'ChanVariable',
  ],
  bridge_snapshot: [
    ...[
      'BridgeUniqueid',
      'BridgeType',
      'BridgeTechnology',
      'BridgeCreator',
      'BridgeName',
      'BridgeNumChannels',
    ],
    'BridgeVideoSourceMode',
  ],
};

/** @typedef {{ name: string, required: boolean }} Parameter */

/**
 * The actions and events of one file.
 * @param {string} xml
 * @returns {{ actions: Map<string, Parameter[]>, events: Map<string, Parameter[]> }}
 */
export function readDocumentation(xml) {
  const actions = new Map();
  const events = new Map();
  /** Where an include copies from: `Originate` or `event Hangup`. */
  const places = new Map();
  const add = (into, prefix, name, syntax) => {
    const entries = [...(into.get(name) ?? []), ...syntax];
    into.set(name, entries);
    places.set(prefix + name, entries);
  };
  // the items of a list stand inside of the action that it answers
  for (const [, , name, body] of elements('managerEvent', xml)) add(events, 'event ', name, syntaxOf(body));
  for (const [, , name, body] of elements('manager', xml)) {
    add(actions, '', name, syntaxOf(body.replace(/<responses>[\s\S]*<\/responses>/, '')));
  }
  for (const into of [actions, events]) {
    for (const [name, entries] of into) {
      const found = new Map();
      for (const entry of resolve(entries, places, 0)) {
        if (entry.name === 'ActionID' && into === actions) continue;
        const key = entry.name.toLowerCase();
        if (!found.has(key)) found.set(key, entry);
      }
      into.set(name, [...found.values()]);
    }
  }
  return { actions, events };
}

function elements(kind, xml) {
  return xml.matchAll(new RegExp(`<(${kind})\\s[^>]*?\\bname="([^"]+)"[^>]*>([\\s\\S]*?)</\\1>`, 'g'));
}

/** The syntax's own entries, in order; those that belong to another parameter are not its own. */
function syntaxOf(body) {
  const entries = [];
  for (const [, syntax] of body.matchAll(/<syntax>([\s\S]*?)<\/syntax>/g)) {
    let depth = 0;
    for (const [, slash, tag, attributes, empty] of syntax.matchAll(
      /<(\/?)([\w:]+)((?:[^>"]|"[^"]*")*?)(\/?)>/g,
    )) {
      const get = (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
      if (tag === 'parameter') {
        if (slash) depth--;
        else {
          if (depth === 0) entries.push({ name: get('name'), required: get('required') === 'true' });
          if (!empty) depth++;
        }
      } else if (depth === 0 && tag in snapshots && !slash) {
        const prefix = get('prefix') ?? '';
        for (const name of snapshots[tag]) entries.push({ name: prefix + name, required: false });
      } else if (depth === 0 && tag === 'xi:include') entries.push({ include: get('xpointer') });
    }
  }
  return entries;
}

function* resolve(entries, places, depth) {
  for (const entry of entries) {
    if (entry.include === undefined) yield entry;
    else if (depth < 5) yield* included(entry.include, places, depth);
  }
}

function* included(xpointer, places, depth) {
  const path =
    /\/docs\/(manager|managerEvent)\[@name='([^']+)'\].*?\/syntax\/parameter(?:\[@name='([^']+)'\])?\)$/.exec(
      xpointer,
    );
  // a paragraph of prose
  if (!path) return;
  const [, kind, name, parameter] = path;
  const from = places.get(kind === 'manager' ? name : `event ${name}`) ?? [];
  for (const entry of resolve(from, places, depth + 1)) {
    if (parameter === undefined || entry.name === parameter) yield entry;
  }
}

/** Several installations as one; what only some of them require is not required. */
export function merge(documentations) {
  const merged = { actions: new Map(), events: new Map() };
  for (const documentation of documentations) {
    for (const kind of ['actions', 'events']) {
      for (const [name, parameters] of documentation[kind]) {
        const before = merged[kind].get(name);
        if (!before) {
          merged[kind].set(
            name,
            parameters.map((parameter) => ({ ...parameter })),
          );
          continue;
        }
        const theirs = new Map(parameters.map((parameter) => [parameter.name.toLowerCase(), parameter]));
        const ours = new Set(before.map((parameter) => parameter.name.toLowerCase()));
        for (const parameter of before) {
          parameter.required &&= theirs.get(parameter.name.toLowerCase())?.required ?? false;
        }
        for (const [key, parameter] of theirs) {
          if (!ours.has(key)) before.push({ ...parameter, required: false });
        }
      }
    }
  }
  return merged;
}

/** The text of catalog.ts. */
export function render({ actions, events }) {
  const quote = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);
  const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [
    '/**',
    " * The manager's actions and events by name, with the headers that Asterisk's own documentation has for them.",
    ' * Made by scripts/ami-catalog.mjs; do not edit.',
    ' */',
    "import type { AmiFields, AmiValue } from '../wire/ami-action';",
    '',
    'type One = AmiFields[string];',
    '',
    '/** Action to headers; those without `?` it must have. */',
    'export interface AmiActions {',
    ...sorted(actions).map(([name, parameters]) =>
      parameters.length === 0
        ? `  ${quote(name)}: Record<never, never>;`
        : `  ${quote(name)}: { ${parameters.map((p) => (p.required ? `${quote(p.name)}: AmiValue` : `${quote(p.name)}?: One`)).join('; ')} };`,
    ),
    '}',
    '',
    '/** Event to the names of its headers. */',
    'export interface AmiEvents {',
    ...sorted(events).map(([name, parameters]) =>
      parameters.length === 0
        ? `  ${quote(name)}: never;`
        : `  ${quote(name)}: ${parameters.map((p) => `'${p.name}'`).join(' | ')};`,
    ),
    '}',
    '',
  ];
  return lines.join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error('Usage: node scripts/ami-catalog.mjs core-en_US.xml ... > src/ami/catalog.ts');
    process.exit(2);
  }
  process.stdout.write(render(merge(files.map((file) => readDocumentation(readFileSync(file, 'utf8'))))));
}
