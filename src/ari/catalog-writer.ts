/**
 * From Asterisk's own description of its REST interface (Swagger 1.1, below `/api-docs`) to `catalog.ts`: the
 * operations as a table, and the types of what they take and give, and of the events. Names, types, what is
 * required, and the words that an enumeration has; nothing of the description's prose.
 */
import { AriProtocolError } from '../ari-errors';

export interface DescribedParameter {
  readonly name: string;
  readonly paramType: string;
  readonly dataType?: string;
  readonly required?: boolean;
  readonly allowMultiple?: boolean;
  readonly allowableValues?: { readonly valueType: string; readonly values?: readonly string[] };
}

export interface DescribedOperation {
  readonly httpMethod: string;
  readonly nickname: string;
  readonly responseClass: string;
  readonly upgrade?: string;
  readonly parameters?: readonly DescribedParameter[];
}

interface DescribedProperty {
  readonly type: string;
  readonly required?: boolean;
  readonly allowableValues?: DescribedParameter['allowableValues'];
}

interface DescribedModel {
  readonly properties?: Readonly<Record<string, DescribedProperty>>;
  readonly subTypes?: readonly string[];
}

/** One resource's part, `/api-docs/channels.json`. */
export interface Description {
  readonly resourcePath: string;
  readonly apis: readonly { readonly path: string; readonly operations: readonly DescribedOperation[] }[];
  readonly models?: Readonly<Record<string, DescribedModel>>;
}

/**
 * The whole description of a server.
 * @param get fetches a path below the interface's own and gives the JSON that it holds
 * @throws AriProtocolError for what is no such description; what `get` throws
 */
export async function readDescriptions(get: (path: string) => Promise<unknown>): Promise<Description[]> {
  const list = (await get('/api-docs/resources.json')) as { apis?: { path?: unknown }[] } | undefined;
  if (!Array.isArray(list?.apis)) throw noDescription('/api-docs/resources.json');
  const descriptions: Description[] = [];
  for (const { path } of list.apis) {
    const name = /^\/api-docs\/(\w+)\.\{format\}$/.exec(String(path))?.[1];
    if (name === undefined) throw noDescription('/api-docs/resources.json');
    const place = `/api-docs/${name}.json`;
    const description = (await get(place)) as Description | undefined;
    if (!Array.isArray(description?.apis)) throw noDescription(place);
    for (const text of namesIn(description)) {
      // what is written from these is a program
      if (!/^[\w[\]{}/.:*# -]+$/.test(String(text))) throw noDescription(place, text);
    }
    descriptions.push(description);
  }
  return descriptions;
}

/** Every name of a description that gets into the text. */
function* namesIn({ resourcePath, apis, models = {} }: Description): Generator<unknown> {
  yield resourcePath;
  for (const { path, operations } of apis) {
    yield path;
    for (const { httpMethod, nickname, responseClass, parameters = [] } of operations) {
      yield* [httpMethod, nickname, responseClass];
      for (const { name, paramType, dataType = 'string', allowableValues } of parameters) {
        yield* [name, paramType, dataType, ...(allowableValues?.values ?? [])];
      }
    }
  }
  for (const [name, { properties = {}, subTypes = [] }] of Object.entries(models)) {
    yield* [name, ...subTypes];
    for (const [field, { type, allowableValues }] of Object.entries(properties)) {
      yield* [field, type, ...(allowableValues?.values ?? [])];
    }
  }
}

function noDescription(place: string, name?: unknown): AriProtocolError {
  const why = name === undefined ? '' : `: ${JSON.stringify(name)} is no name`;
  return new AriProtocolError(
    'ARI_NO_DESCRIPTION',
    `${place} holds no description that can be understood${why}`,
  );
}

/** `channels`, of a description. */
export function resourceOf(description: Description): string {
  return description.resourcePath.replace(/^\/api-docs\/(\w+)\..*$/, '$1');
}

/** An operation as a row of the table: see `wire/ari-request`, which reads it. */
export function rowOf(path: string, operation: DescribedOperation): string {
  const words = [operation.httpMethod, path];
  for (const parameter of operation.parameters ?? []) {
    if (parameter.paramType === 'path') continue;
    const mark = parameter.required ? '!' : '';
    // which is said to be both ways where nothing is said, and is refused then (res/ari/resource_channels.c)
    const isForgotten = path.endsWith('/mute') && parameter.name === 'direction';
    words.push(mark + parameter.name + (isForgotten ? '=both' : suffixOf(parameter)));
  }
  if (operation.upgrade === 'websocket') words.push('->websocket');
  else if (operation.responseClass === 'binary') words.push('->binary');
  return words.join(' ');
}

function suffixOf({ paramType, dataType, allowMultiple }: DescribedParameter): string {
  if (paramType !== 'body') return allowMultiple ? '*' : '';
  // one that is called an object is the body, one that is called containers lies in it
  return dataType === 'object' ? '={}' : '{}';
}

/** Fetches a server's description and gives the text of a `catalog.ts`. @param get as of `readDescriptions` */
export async function describe(get: (path: string) => Promise<unknown>): Promise<string> {
  const info = (await get('/asterisk/info')) as { system?: { version?: string } } | undefined;
  // Debian's `22.10.1~dfsg+~cs6.17…` is 22.10.1 to everyone else
  const version = /^[\w.-]+/.exec(info?.system?.version ?? '')?.[0] ?? 'unknown';
  return writeCatalog(await readDescriptions(get), version);
}

/** The text of a `catalog.ts`. @param version the server's, for those who read it */
export function writeCatalog(descriptions: readonly Description[], version: string): string {
  const lines = [
    `// Made by \`fastagi ari --describe\` from the description that an Asterisk ${version} gives of itself.`,
    '// biome-ignore-all format: a program has written it',
    '// biome-ignore-all lint: a program has written it',
    '',
    '/** Resource to operation to method, path and parameters: `!` needed, `*` a list, `{}` in the body, `={}` the body, `=x` x where nothing is said. */',
    'export const operations = {',
  ];
  for (const description of descriptions) {
    lines.push(`  ${resourceOf(description)}: {`);
    for (const { path, operations } of description.apis) {
      for (const operation of operations)
        lines.push(`    ${operation.nickname}: '${rowOf(path, operation)}',`);
    }
    lines.push('  },');
  }
  lines.push('} as const;', '');
  const models = new Map(descriptions.flatMap(({ models = {} }) => Object.entries(models)));
  const parents = new Map(
    [...models].flatMap(([name, { subTypes = [] }]) => subTypes.map((sub) => [sub, name] as const)),
  );
  const events = [...models.keys()].filter((name) => isMessage(name, parents));
  lines.push('/** Of each event, which of its fields are things that a handle can stand for. */');
  lines.push('export const subjects: Readonly<Record<string, string>> = {');
  for (const name of events.filter((name) => !models.get(name)?.subTypes)) {
    const fields = Object.entries(models.get(name)?.properties ?? {}).flatMap(([field, { type }]) =>
      handled[type] ? [`${handled[type]}:${field}`] : [],
    );
    if (fields.length > 0) lines.push(`  ${name}: '${fields.join(' ')}',`);
  }
  lines.push('};', '');
  for (const [name, model] of models) lines.push(...interfaceOf(name, model, parents.get(name), events));
  lines.push('/** Every event by its type. */', 'export interface Events {');
  for (const name of events) if (!models.get(name)?.subTypes) lines.push(`  ${name}: ${name};`);
  lines.push('}', '');
  for (const description of descriptions) {
    lines.push(`export interface ${capital(resourceOf(description))}Operations {`);
    for (const { path, operations } of description.apis) {
      for (const operation of operations) {
        const parameters = (operation.parameters ?? []).map(parameterOf);
        const taken = parameters.length === 0 ? '{}' : `{ ${parameters.join('; ')} }`;
        lines.push(`  /** ${operation.httpMethod} ${path} */`);
        lines.push(`  ${operation.nickname}: [${taken}, ${typeOf(operation.responseClass)}];`);
      }
    }
    lines.push('}', '');
  }
  lines.push('export interface Operations {');
  for (const name of descriptions.map(resourceOf)) lines.push(`  ${name}: ${capital(name)}Operations;`);
  lines.push('}', '');
  return lines.join('\n');
}

const handled: Record<string, string | undefined> = {
  Channel: 'channel',
  Bridge: 'bridge',
  Playback: 'playback',
  LiveRecording: 'recording',
};

function isMessage(name: string, parents: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = name; at !== undefined; at = parents.get(at)) {
    if (at === 'Message') return true;
  }
  return false;
}

function interfaceOf(
  name: string,
  { properties = {} }: DescribedModel,
  parent: string | undefined,
  events: readonly string[],
): string[] {
  const fields = Object.entries(properties)
    // the base has it already, and each event says which one it is
    .map(([field, property]) => {
      const type = enumOf(property.allowableValues) ?? typeOf(property.type);
      return `  ${field}${property.required ? '' : '?'}: ${type};`;
    });
  if (parent !== undefined && events.includes(name) && !['Event', 'Message'].includes(name))
    fields.unshift(`  type: '${name}';`);
  return [`export interface ${name}${parent ? ` extends ${parent}` : ''} {`, ...fields, '}', ''];
}

function parameterOf(parameter: DescribedParameter): string {
  const { name, dataType = 'string', required, allowMultiple, paramType, allowableValues } = parameter;
  const one = enumOf(allowableValues) ?? typeOf(dataType);
  const type = allowMultiple ? `${one} | readonly (${one})[]` : one;
  return required || paramType === 'path' ? `${name}: ${type}` : `${name}?: ${type} | undefined`;
}

function enumOf(allowable: DescribedParameter['allowableValues']): string | undefined {
  if (allowable?.valueType !== 'LIST' || !allowable.values) return undefined;
  return allowable.values.map((value) => `'${value}'`).join(' | ');
}

const types: Record<string, string | undefined> = {
  ...{ string: 'string', Date: 'string', boolean: 'boolean', void: 'void', binary: 'Buffer' },
  ...{ int: 'number', long: 'number', double: 'number' },
  ...{ object: 'Record<string, unknown>', containers: 'Record<string, unknown>' },
};

function typeOf(name: string): string {
  const item = /^List\[(.+)\]$/.exec(name)?.[1];
  if (item !== undefined) return `${typeOf(item)}[]`;
  return types[name] ?? name;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
