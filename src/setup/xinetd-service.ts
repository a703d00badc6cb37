/** Service files of xinetd (xinetd.conf(5)): what they say, and what they are to say. */

export interface XinetdService {
  readonly name: string;
  /** Attribute to its words; `+=` has been added to, `-=` taken away from it. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** The services of a file; `defaults` is one of that name. What makes no sense to xinetd is passed over. */
export function readServices(text: string): XinetdService[] {
  const services: XinetdService[] = [];
  let service: { name: string; attributes: Map<string, string[]> } | undefined;
  let name: string | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line === '{') service = { name: name ?? '', attributes: new Map() };
    else if (line === '}') {
      if (service) services.push(service);
      service = undefined;
    } else if (service === undefined) name = line.replace(/^service\s+/, '').replace(/\s*\{$/, '');
    else addTo(service.attributes, line);
    if (service === undefined && line.endsWith('{') && line !== '{')
      service = { name: name ?? '', attributes: new Map() };
  }
  return services;
}

function addTo(attributes: Map<string, string[]>, line: string): void {
  const [, key, operator, value = ''] = /^(\w+)\s*([+-]?=)\s*(.*)$/.exec(line) ?? [];
  if (key === undefined) return;
  const words = value.split(/\s+/).filter(Boolean);
  const before = attributes.get(key) ?? [];
  if (operator === '=') attributes.set(key, words);
  else if (operator === '+=') attributes.set(key, [...before, ...words]);
  else
    attributes.set(
      key,
      before.filter((word) => !words.includes(word)),
    );
}

/**
 * A service file with other values, its comments and its order as they are.
 * @throws Error for an attribute that the file does not have
 */
export function withAttributes(text: string, values: Readonly<Record<string, string>>): string {
  let changed = text;
  for (const [key, value] of Object.entries(values)) {
    const line = new RegExp(`^(\\s*${key}\\s*=[ \\t]*).*$`, 'm');
    if (!line.test(changed)) throw new Error(`the service file has no ${key}`);
    changed = changed.replace(line, (_, before: string) => before + value);
  }
  return changed;
}
