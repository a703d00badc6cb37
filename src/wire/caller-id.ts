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

/** Never throws, and takes no longer than its text: that is the caller's own, and may be anything. */
export function parseCallerId(text: string): CallerId {
  const [name, rest] = splitName(text.trim());
  const address = rest.startsWith('<') ? rest.slice(1, rest.endsWith('>') ? -1 : undefined) : rest;
  const at = address.lastIndexOf('@');
  const user = at === -1 ? address : address.slice(0, at);
  const place = at === -1 ? '' : address.slice(at + 1);
  const protocol = /^([A-Za-z][\w+.-]*):/.exec(user)?.[1] ?? '';
  // an IPv6 address is full of colons, in brackets of its own
  const hostEnd = place.indexOf(':', place.startsWith('[') ? place.indexOf(']') : 0);
  return {
    name,
    protocol,
    username: protocol === '' ? user : user.slice(protocol.length + 1),
    host: hostEnd === -1 ? place : place.slice(0, hostEnd),
    port: hostEnd === -1 ? '' : place.slice(hostEnd + 1),
  };
}

/** The name in front, in quotes of either kind or up to `<`, and what follows. */
function splitName(text: string): [name: string, rest: string] {
  const quote = text[0];
  if (quote === '"' || quote === "'") {
    let name = '';
    for (let at = 1; at < text.length; at++) {
      if (text[at] === quote) return [name, text.slice(at + 1).trim()];
      if (text[at] === '\\') at++;
      name += text[at] ?? '';
    }
    return ['', text];
  }
  const angle = text.indexOf('<');
  return angle > 0 ? [text.slice(0, angle).trim(), text.slice(angle)] : ['', text];
}
