/** The header with which Asterisk opens a call, in its order (res_agi.c, setup_env). */

/** What Asterisk writes into the header; values go as they are, for it escapes nothing. */
export interface RequestFields {
  /** FastAGI: the path and the query behind the host, `` where there is none; classic AGI: undefined. */
  readonly networkScript: string | undefined;
  /** `agi_request`: the address or the file, as the dialplan names it. */
  readonly request: string;
  readonly channel: string;
  readonly language: string;
  readonly type: string;
  readonly uniqueId: string;
  readonly version: string;
  readonly callerId: string | undefined;
  readonly callerIdName: string | undefined;
  readonly callingPres: number;
  readonly dnid: string | undefined;
  readonly rdnis: string | undefined;
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
  readonly enhanced: boolean;
  readonly accountCode: string;
  readonly threadId: string;
  readonly arguments: readonly string[];
}

export function encodeRequest(fields: RequestFields): string {
  const rows: (readonly [name: string, value: string | number])[] = [];
  if (fields.networkScript !== undefined) {
    rows.push(['network', 'yes']);
    if (fields.networkScript !== '') rows.push(['network_script', fields.networkScript]);
  }
  rows.push(
    ['request', fields.request],
    ['channel', fields.channel],
    ['language', fields.language],
    ['type', fields.type],
    ['uniqueid', fields.uniqueId],
    ['version', fields.version],
    ['callerid', fields.callerId ?? 'unknown'],
    ['calleridname', fields.callerIdName ?? 'unknown'],
    ['callingpres', fields.callingPres],
    ['callingani2', 0],
    ['callington', 0],
    ['callingtns', 0],
    ['dnid', fields.dnid ?? 'unknown'],
    ['rdnis', fields.rdnis ?? 'unknown'],
    ['context', fields.context],
    ['extension', fields.extension],
    ['priority', fields.priority],
    ['enhanced', fields.enhanced ? '1.0' : '0.0'],
    ['accountcode', fields.accountCode],
    ['threadid', fields.threadId],
    ...fields.arguments.map((value, at) => [`arg_${at + 1}`, value] as const),
  );
  return `${rows.map(([name, value]) => `agi_${name}: ${value}\n`).join('')}\n`;
}
