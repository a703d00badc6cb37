/**
 * What is said beside the audio on a media WebSocket (channels/chan_websocket.c), in either of its two forms: plain
 * words, `MEDIA_START format:ulaw ptime:20`, or JSON, where chan_websocket.conf says so.
 */
import { AriProtocolError } from '../ari-errors';

export interface MediaMessage {
  /** `MEDIA_START`, `MEDIA_XOFF` … */
  readonly event: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly isJson: boolean;
}

/** @throws AriProtocolError for what is neither form */
export function parseMediaMessage(text: string): MediaMessage {
  if (text.startsWith('{')) {
    try {
      const { event, ...rest } = JSON.parse(text) as Record<string, unknown>;
      if (typeof event === 'string') {
        const fields = Object.entries(rest).map(([name, value]) => [name, String(value)]);
        return { event, fields: Object.fromEntries(fields), isJson: true };
      }
    } catch {
      // said below
    }
    throw unclear(text);
  }
  const [event = '', ...words] = text.trim().split(/\s+/);
  if (!/^[A-Z_]+$/.test(event)) throw unclear(text);
  const fields: Record<string, string> = {};
  for (const word of words) {
    const colon = word.indexOf(':');
    if (colon > 0) fields[word.slice(0, colon)] = word.slice(colon + 1);
    // `MEDIA_BUFFERING_COMPLETED 7`
    else fields.correlation_id ??= word;
  }
  return { event, fields, isJson: false };
}

/** A command. @param correlationId comes back when it has been carried out */
export function encodeMediaCommand(command: string, isJson: boolean, correlationId?: string): string {
  if (!isJson) return correlationId === undefined ? command : `${command} ${correlationId}`;
  return JSON.stringify({
    command,
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
  });
}

function unclear(text: string): AriProtocolError {
  return new AriProtocolError(
    'ARI_MEDIA',
    `the media WebSocket says what no Asterisk says: ${JSON.stringify(text.slice(0, 60))}`,
  );
}
