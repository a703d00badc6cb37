/** A message of the manager's for the log, with what no log should hold left out. */
import { isSecretName, namesSecret, redact } from './redact';

export function redactMessage(text: string): string {
  // a value may hold a bare LF
  const lines = text.split('\r\n');
  const isLogin = lines[0] === 'Action: Login';
  // Setvar, Getvar and its answer, VarSet
  const variable = lines
    .map((line) => /^Variable: ([^=]*)$/i.exec(line)?.[1])
    .find((name) => name !== undefined);
  const isValueSecret = variable !== undefined && isSecretName(variable);
  return lines
    .map((line) => {
      const colon = line.indexOf(': ');
      if (colon === -1) return line;
      const name = line.slice(0, colon);
      const value = line.slice(colon + 2);
      // a key of the database is none, the proof in a login is
      const isSecret =
        isSecretName(name) || (isLogin && name === 'Key') || (isValueSecret && /^value$/i.test(name));
      return isSecret ? `${name}: ***` : `${name}: ${redactValue(name, value)}`;
    })
    .join('\r\n');
}

/** Of a header whose own name speaks of no secret. */
function redactValue(name: string, value: string): string {
  if (/variable$/i.test(name)) {
    const equals = value.indexOf('=');
    return equals > 0 && isSecretName(value.slice(0, equals)) ? `${value.slice(0, equals)}=***` : value;
  }
  // of AsyncAGI
  return name === 'Command' && namesSecret(value) ? redact(value) : value;
}
