/** Lines of the conversation, with what no log should hold left out. */

/** A line that a command marked as secret: the words of the command and the form of the reply stay. */
export function redact(line: string): string {
  const command = /^((?:SET|GET FULL|GET) VARIABLE|GET DATA|DATABASE \w+)( \S+)?/.exec(line);
  if (command) return `${command[0]} ***`;
  const reply = /^(200 result=)(.*?)( \(timeout\))?$/.exec(line);
  return reply ? `${reply[1]}***${reply[3] ?? ''}` : '***';
}

/** A raw line whose variable has a name that speaks of a secret. */
export function namesSecret(line: string): boolean {
  const variable = /^(?:SET|GET FULL|GET) VARIABLE (?:"((?:[^"\\]|\\.)*)"|(\S+))/i.exec(line);
  if (variable === null) return false;
  // the mark behind an expression is random, and may read like a word
  return isSecretName((variable[1] ?? (variable[2] as string)).replace(/(?<=\})~[0-9a-z]+$/, ''));
}

/** Variables that, by their name, hold what no log should: passwords, PINs, card numbers. */
export function isSecretName(name: string): boolean {
  if (/pass|pwd|secret|token|card|cv[vc]|(?:^|[^a-z])pins?(?:[^a-z]|$)/i.test(name)) return true;
  // camel case: pinCode, userPin
  return /pins?(?=[A-Z]|$)|[a-z]Pins?(?![a-z])/.test(name);
}

/** A header line whose query names a password, a PIN and the like. */
export function redactQuery(line: string): string {
  // the look ahead, and `?` left out of names, keep a hostile line from taking cubic time
  return line.replace(
    /([?&](?=[^?&=]*=)[^?&=]*(?:passw|secret|token|pin|card|cvv|cvc)[^?&=]*=)[^&\s]*/gi,
    '$1***',
  );
}
