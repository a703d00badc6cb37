/** A message of the manager's for the log, with what no log should hold left out. */
import { isSecretName } from './redact';

export function redactMessage(text: string): string {
  // a key of the database is none, the proof in a login is
  const secret = text.startsWith('Action: Login\r\n')
    ? /^((?:Secret|Key): ).*$/gm
    : /^((?:\w*Secret|\w*Password): ).*$/gim;
  const hidden = text.replace(secret, '$1***');
  // Setvar, Getvar and its answer, VarSet; and the variables of Originate
  const variable = /^Variable: ([^\r\n=]*)\r?$/im.exec(hidden)?.[1];
  const valued =
    variable !== undefined && isSecretName(variable) ? hidden.replace(/^(Value: ).*$/gim, '$1***') : hidden;
  return valued.replace(/^(\w*Variable: )([^\r\n=]+)=.*$/gim, (line, head: string, name: string) =>
    isSecretName(name) ? `${head}${name}=***` : line,
  );
}
