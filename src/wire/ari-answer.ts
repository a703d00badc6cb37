/** What Asterisk's REST interface answers: a value, or an error in words. */
import { AriProtocolError, AriResponseError, type Asked } from '../ari-errors';

export interface AriAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer | string;
  /** The header Location. */
  readonly location?: string | undefined;
}

/**
 * The value of an answer: what its JSON holds, its bytes where the operation gives a file, undefined where it has no
 * body.
 * @param user the name that was logged in by, for the message
 * @throws AriResponseError for an answer that says no
 * @throws AriProtocolError for what is not JSON
 */
export function readAnswer(answer: AriAnswer, asked: Asked, kind: 'json' | 'binary', user: string): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    if (kind === 'binary') return Buffer.isBuffer(body) ? body : Buffer.from(body);
    if (body.length === 0) return undefined;
    const json = parseJson(body);
    if (json === undefined) throw notJson(answer, asked);
    return json.value;
  }
  const json = parseJson(body);
  const reason = json ? reasonOf(json.value) : '';
  const [code, meaning] = meaningOf(answer, reason, json !== undefined, user);
  // as it came: what is nested without end could not be written again
  const words = shorten(reason || (json ? String(body).trim() : `HTTP ${status}, ${excerpt(body)}`));
  throw new AriResponseError(
    code,
    `${asked.method} ${asked.path}: ${words}${reason ? ` (${status})` : ''}${meaning ? `: ${meaning}` : ''}`,
    { ...asked, status, reason, body: json ? json.value : String(body) },
  );
}

/** The most of an answer's words that an error shows; all of them are in its `reason` and its `body`. */
const MAX_WORDS = 1000;

function shorten(words: string): string {
  return words.length > MAX_WORDS ? `${words.slice(0, MAX_WORDS)}…` : words;
}

/** Asterisk has two shapes: `message` of most, `error` of some with a 500. */
function reasonOf(body: unknown): string {
  const { message, error } = (body ?? {}) as { message?: unknown; error?: unknown };
  if (typeof message === 'string') return message;
  return typeof error === 'string' ? error : '';
}

function meaningOf(
  { status, location }: AriAnswer,
  reason: string,
  isJson: boolean,
  user: string,
): [code: string, meaning: string] {
  const who = `user ${JSON.stringify(user)}`;
  if (status >= 300 && status < 400 && location) {
    const advice = 'say so by host, port, prefix and tls, if Asterisk is there';
    return ['ARI_REFUSED', `what stands here sends on to ${location.slice(0, 200)}: ${advice}`];
  }
  switch (status) {
    case 400:
    case 422:
      return ['ARI_BAD_PARAMETER', ''];
    case 401:
      return ['ARI_UNAUTHORIZED', `${who} is not let in: look at its section and its password in ari.conf`];
    case 403:
      return /write access/i.test(reason)
        ? ['ARI_READ_ONLY', `${who} has read_only = yes in ari.conf`]
        : ['ARI_FORBIDDEN', ''];
    case 404:
      if (!isJson) {
        const where =
          '[general] enabled in ari.conf, prefix in http.conf, and the module res_ari.so say where it is';
        return ['ARI_OFF', `there is no ARI at this place; ${where}`];
      }
      return /^(?:Resource|Invalid resource)/i.test(reason)
        ? [
            'ARI_NO_RESOURCE',
            'this Asterisk is too old for it, or the module res_ari_….so that has it is not loaded',
          ]
        : ['ARI_NOT_FOUND', ''];
    case 405:
      return ['ARI_REFUSED', 'this Asterisk has no such method here: it may be too old for it'];
    case 409:
      return ['ARI_CONFLICT', ''];
    case 412:
      return ['ARI_STATE', ''];
    case 413:
      return ['ARI_TOO_LARGE', ''];
    case 426:
      return ['ARI_REFUSED', 'events come over a WebSocket: use start()'];
    case 503:
      return ['ARI_BUSY', 'Asterisk is starting, or sessionlimit in http.conf is reached'];
    default:
      return [status >= 500 ? 'ARI_SERVER' : 'ARI_REFUSED', ''];
  }
}

function notJson({ contentType, body }: AriAnswer, { method, path }: Asked): AriProtocolError {
  const what = contentType.split(';')[0] || 'something';
  return new AriProtocolError(
    'ARI_NOT_JSON',
    `${method} ${path} was answered with ${what} that is not JSON, ${excerpt(body)}: is this Asterisk's own HTTP port (bindport in http.conf), or does something stand before it?`,
    { method, path },
  );
}

function parseJson(body: Buffer | string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(String(body)) };
  } catch {
    return undefined;
  }
}

/** The words of a page, without what it is marked up with. */
function excerpt(body: Buffer | string): string {
  const text = String(body)
    .slice(0, 2000)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? 'an empty body' : JSON.stringify(text.slice(0, 80));
}
