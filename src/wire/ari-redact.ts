/** Requests, answers and events for the log, with what no log should hold left out. */
import type { AriAnswer } from './ari-answer';
import { type AriRequest, encodeQuery } from './ari-request';
import { stringEnd } from './json-string';
import { isSecretName } from './redact';

/** What is shown of a body at most. */
const MAX_SHOWN = 4000;
/** No variable has a longer name (AST_MAX_EXTENSION is 80), nor has a field. */
const MAX_NAME = 200;

export function redactAriRequest({ method, path, query, body }: AriRequest): string {
  return withBody(redactQuery(`${method} ${path}${encodeQuery(query)}`), body);
}

/** The answer to a request: what it says of a variable is no less a secret than what was asked. */
export function redactAriAnswer(
  { method, path, query, answer }: AriRequest,
  { status, body }: AriAnswer,
): string {
  const head = `${status} ${method} ${path}`;
  if (answer === 'binary' && status < 300) return `${head} (${body.length} bytes)`;
  const isSecret = query.some(([name, value]) => name === 'variable' && isSecretName(value));
  return isSecret && body.length > 0 ? `${head} ${hidden(body)}` : withBody(head, String(body));
}

/** @param text JSON, be it whole or not; one that names a secret anywhere is left out whole */
export function redactAriEvent(text: string): string {
  return withBody('', text);
}

function withBody(head: string, body: string | undefined): string {
  if (!body) return head;
  const shown = namesSecret(body) ? hidden(body) : body.slice(0, MAX_SHOWN);
  return head === '' ? shown : `${head} ${shown}`;
}

function namesSecret(json: string): boolean {
  for (let start = json.indexOf('"'); start >= 0; ) {
    const end = stringEnd(json, start);
    if (end < 0) return false;
    if (end - start <= MAX_NAME && isSecretName(json.slice(start + 1, end))) return true;
    start = json.indexOf('"', end + 1);
  }
  return false;
}

function hidden(body: Buffer | string): string {
  return `(${body.length} bytes that name a secret)`;
}

function redactQuery(head: string): string {
  return head.replace(/([?&])([^=&]*)=([^&]*)/g, (whole, mark, name, value) => {
    // ?variable=SECRET_PIN&value=1234
    return isSecretName(decode(name)) ? `${mark}${name}=***` : secretOf(head, name, whole, mark, value);
  });
}

/** The value of a variable whose own name speaks of a secret. */
function secretOf(head: string, name: string, whole: string, mark: string, value: string): string {
  if (name !== 'value' || value === '') return whole;
  const variable = /[?&]variable=([^&]*)/.exec(head)?.[1];
  return variable !== undefined && isSecretName(decode(variable)) ? `${mark}value=***` : whole;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
