/** What the fields of the request header mean. */
/** What Asterisk says of the call when it asks for a script. `unknown` and empty values are undefined. */
export interface AgiRequest {
  /** Whether it came over FastAGI. */
  readonly network: boolean;
  /** FastAGI: the path that was asked for, with its query, nothing decoded. */
  readonly networkScript: string | undefined;
  /** The query's parameters; the last one where a name comes twice. */
  readonly params: Readonly<Record<string, string>>;
  /** The address or the file name as the dialplan has it. */
  readonly request: string | undefined;
  readonly channel: string | undefined;
  /** The channel's language, `en`. */
  readonly language: string | undefined;
  /** The channel technology, `PJSIP`. */
  readonly type: string | undefined;
  readonly uniqueId: string | undefined;
  /** Asterisk's version, `22.10.1`. */
  readonly version: string | undefined;
  /** The caller's number. */
  readonly callerId: string | undefined;
  readonly callerIdName: string | undefined;
  /** The presentation of the caller's number, a number of Q.931's. */
  readonly callingPres: number | undefined;
  readonly callingAni2: number | undefined;
  readonly callingTon: number | undefined;
  readonly callingTns: number | undefined;
  /** The number that was dialled. */
  readonly dnid: string | undefined;
  /** The number that the call was redirected from. */
  readonly rdnis: string | undefined;
  readonly context: string | undefined;
  readonly extension: string | undefined;
  readonly priority: number | undefined;
  /** Whether this is EAGI, with the caller's voice on file descriptor 3. */
  readonly enhanced: boolean;
  readonly accountCode: string | undefined;
  readonly threadId: string | undefined;
  /** The dialplan's arguments to AGI(), in order. */
  readonly arguments: readonly string[];
  /** Every line as it came, name to value. */
  readonly raw: ReadonlyMap<string, string>;
}

/** What the header's fields mean. */
export function toRequest(raw: ReadonlyMap<string, string>): AgiRequest {
  const networkScript = raw.get('agi_network_script');
  const text = (name: string): string | undefined => raw.get(name) || undefined;
  const known = (name: string): string | undefined => {
    const value = raw.get(name);
    return value === '' || value === 'unknown' ? undefined : value;
  };
  const number = (name: string): number | undefined => {
    const value = raw.get(name);
    return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : undefined;
  };
  const args: string[] = [];
  for (let value = raw.get('agi_arg_1'); value !== undefined; value = raw.get(`agi_arg_${args.length + 1}`)) {
    args.push(value);
  }
  return {
    network: raw.get('agi_network') === 'yes',
    networkScript,
    params: parseParams(networkScript ?? ''),
    request: text('agi_request'),
    channel: text('agi_channel'),
    language: text('agi_language'),
    type: text('agi_type'),
    uniqueId: text('agi_uniqueid'),
    version: text('agi_version'),
    callerId: known('agi_callerid'),
    callerIdName: known('agi_calleridname'),
    callingPres: number('agi_callingpres'),
    callingAni2: number('agi_callingani2'),
    callingTon: number('agi_callington'),
    callingTns: number('agi_callingtns'),
    dnid: known('agi_dnid'),
    rdnis: known('agi_rdnis'),
    context: text('agi_context'),
    extension: text('agi_extension'),
    priority: number('agi_priority'),
    enhanced: raw.get('agi_enhanced') === '1.0',
    accountCode: text('agi_accountcode'),
    threadId: text('agi_threadid'),
    arguments: args,
    raw,
  };
}

/** `script.js?name=value&…`: `+` is a space, as in a web address; what does not decode stays as it is. */
function parseParams(networkScript: string): Record<string, string> {
  const params: Record<string, string> = Object.create(null);
  const at = networkScript.indexOf('?');
  if (at === -1) return params;
  for (const pair of networkScript.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const [name, value] = equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    params[decodeParam(name)] = decodeParam(value);
  }
  return params;
}

function decodeParam(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
