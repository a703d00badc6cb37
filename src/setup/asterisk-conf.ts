/** Configuration files of Asterisk's, as far as a look needs them: sections, keys, values. */

/** Section to key to its last value. */
export type AsteriskConf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @returns undefined for a file that is made of others (`#include`, templates): what is missing in it may be there */
export function readAsteriskConf(text: string): AsteriskConf | undefined {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.replace(/;--[\s\S]*?--;/g, '').split('\n')) {
    const trimmed = line.replace(/(?<!\\);.*/, '').trim();
    if (/^#(?:try)?(?:include|exec)\b/.test(trimmed)) return undefined;
    const [, name, template] = /^\[([^\]]*)\]\s*(\(.*)?$/.exec(trimmed) ?? [];
    if (template !== undefined) return undefined;
    if (name !== undefined) {
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      continue;
    }
    const [, key, value = ''] = /^([^=]+?)\s*=>?\s*(.*)$/.exec(trimmed) ?? [];
    if (key !== undefined) section?.set(key.toLowerCase(), value.replace(/\\;/g, ';'));
  }
  return sections;
}

export function isOn(value: string | undefined): boolean {
  return /^(?:yes|true|y|t|1|on)$/i.test(value ?? '');
}
