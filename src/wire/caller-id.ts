/** A caller id's text to its parts. */

/** The parts of `"Jo Do" <sip:100@pbx.example:5060>`; those that are not there are empty, as phpAGI has them. */
export interface CallerId {
  readonly name: string;
  /** `sip`, `tel` … */
  readonly protocol: string;
  /** The number, or the user. */
  readonly username: string;
  readonly host: string;
  readonly port: string;
}

/** Never throws: the text is the caller's own, and may be anything. */
export function parseCallerId(text: string): CallerId {
  const [, quoted, bare, rest = ''] =
    /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?)(?=\s*<))?\s*(.*?)\s*$/s.exec(text) ?? [];
  const name = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/gs, '$1');
  const address = rest.replace(/^<|>$/g, '');
  const at = address.lastIndexOf('@');
  const user = at === -1 ? address : address.slice(0, at);
  const place = at === -1 ? '' : address.slice(at + 1);
  const [, protocol = '', username = ''] = /^(?:([A-Za-z][\w+.-]*):)?(.*)$/s.exec(user) ?? [];
  // an IPv6 address is full of colons, in brackets of its own
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(place) ?? ['', place];
  return { name, protocol, username, host, port };
}
