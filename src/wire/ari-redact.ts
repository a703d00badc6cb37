/** Requests, answers and events for the log, with what no log should hold left out. */
import { isSecretName } from './redact';

/** @param body JSON; one that names a secret anywhere is left out whole */
export function redactAriText(head: string, body: Buffer | string | undefined): string {
  const safe = head.replace(/([?&])([^=&]*)=([^&]*)/g, (whole, mark, name, value) => {
    // ?variable=SECRET_PIN&value=1234
    return isSecretName(decode(name)) ? `${mark}${name}=***` : secretOf(head, name, whole, mark, value);
  });
  if (body === undefined || body.length === 0) return safe;
  const text = String(body);
  const names =
    text.length < 100_000 &&
    [...text.matchAll(/"([^"\\]{1,80})"/g)].some(([, word]) => isSecretName(word as string));
  const shown = names ? `(${text.length} bytes that name a secret)` : text.slice(0, 4000);
  return safe === '' ? shown : `${safe} ${shown}`;
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
