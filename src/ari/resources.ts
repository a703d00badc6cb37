/** The operations as methods, `ari.channels.originate({ … })`: made of the catalogue's table, typed by its types. */
import { type AriRequest, encodeOperation, type OperationForm, parseRow } from '../wire/ari-request';
import { type Operations, operations } from './catalog';

/** What any request takes behind its parameters. */
export interface RequestOptions {
  /** How long the answer may take; the client's own limit where it is left out, and 0: without limit. */
  readonly timeoutMs?: number | undefined;
  /** Gives the request up, with its reason; what was sent stays sent. */
  readonly signal?: AbortSignal | undefined;
}

export type Method<Parameters, Result> =
  Record<never, never> extends Parameters
    ? (parameters?: Parameters, options?: RequestOptions) => Promise<Result>
    : (parameters: Parameters, options?: RequestOptions) => Promise<Result>;

/** The methods of a resource. */
export type Methods<Table> = {
  readonly [Name in keyof Table as Name extends 'eventWebsocket' ? never : Name]: Table[Name] extends [
    infer Parameters,
    infer Result,
  ]
    ? Method<Parameters, Result>
    : never;
};

/** The methods of a resource that have to do with one thing, whose id is set. */
export type Bound<Table, Key extends string> = {
  readonly [Name in keyof Table as Table[Name] extends [infer Parameters, unknown]
    ? Key extends keyof Parameters
      ? Name
      : never
    : never]: Table[Name] extends [infer Parameters, infer Result]
    ? Method<Omit<Parameters, Key>, Result>
    : never;
};

export type Resources = { readonly [Name in keyof Operations]: Methods<Operations[Name]> };

/** Does an operation. */
export type Performer = (
  resource: string,
  operation: string,
  request: AriRequest,
  parameters: Readonly<Record<string, unknown>>,
  options: RequestOptions,
) => Promise<unknown>;

/** Resource to operation to row, as in the catalogue; of a server of your own where `fastagi ari --describe` made it. */
export type OperationTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A row is taken apart when it is first wanted. */
class Form {
  readonly #row: string;
  #form: OperationForm | undefined;

  constructor(row: string) {
    this.#row = row;
  }

  get(): OperationForm {
    this.#form ??= parseRow(this.#row);
    return this.#form;
  }
}

export function makeResources(perform: Performer, table: OperationTable = operations): Resources {
  const resources: Record<string, Record<string, unknown>> = {};
  for (const [resource, rows] of Object.entries(table)) {
    const methods: Record<string, unknown> = {};
    for (const [operation, row] of Object.entries(rows)) {
      if (row.endsWith('->websocket')) continue;
      const form = new Form(row);
      methods[operation] = async (
        parameters: Readonly<Record<string, unknown>> = {},
        options: RequestOptions = {},
      ): Promise<unknown> => {
        const request = encodeOperation(`${resource}.${operation}`, form.get(), parameters);
        return perform(resource, operation, request, parameters, options);
      };
    }
    resources[resource] = methods;
  }
  return resources as unknown as Resources;
}

/** The operations of a resource that name a parameter: those that a handle has. */
export function operationsWith(rows: Readonly<Record<string, string>>, key: string): string[] {
  return Object.entries(rows)
    .filter(([, row]) => parseRow(row).parameters.has(key))
    .map(([name]) => name);
}
