/**
 * The request header, with which Asterisk opens every call: `agi_name: value` lines and an empty one.
 *
 * Asterisk escapes nothing (res_agi.c, setup_env): a newline inside a value of the dialplan's adds lines
 * to the header, or ends it. So every value is treated as hostile, and a header that names a field twice
 * is refused, for nobody can tell which one Asterisk meant.
 */
/** Lines of the header to its fields, one line at a time. */
export class RequestDecoder {
  /** Every field as it came, name to value. */
  readonly fields = new Map<string, string>();
  #last = '';

  /**
   * @returns whether this was the empty line that ends the header
   * @throws AgiProtocolError for what is no header of Asterisk's
   */
  push(line: string): boolean {
    const { fields } = this;
    const colon = line.startsWith('agi_') ? line.indexOf(': ') : -1;
    if (colon !== -1) {
      const name = line.slice(0, colon);
      if (fields.has(name)) {
        throw problems().fieldTwice(name);
      }
      // asked for without a script, Asterisk sends none: it must not come out of a value further down
      if (name === 'agi_network_script' && this.#last !== 'agi_network') throw problems().outOfPlace(name);
      fields.set(name, line.slice(colon + 2));
      this.#last = name;
      return false;
    }
    if (this.#last === '') throw problems().noRequest(line);
    if (line === '') return true;
    // lines ended by CRLF: it would wait for an end that never comes
    if (line === '\r') throw problems().noRequest(line);
    // the rest of a value that holds a newline
    fields.set(this.#last, `${fields.get(this.#last)}\n${line}`);
    return false;
  }
}

// what never comes from an Asterisk
const problems = (): typeof import('./problems') => require('./problems');
