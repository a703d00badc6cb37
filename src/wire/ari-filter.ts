/**
 * What no filter of events may leave out (res/stasis/app.c): Asterisk 22 takes its own answers to requests over the
 * WebSocket for events, and with the word that another client has the application gone, this one would wait for ever.
 */
import type { AriRequest } from './ari-request';

const indispensable = ['RESTResponse', 'ApplicationReplaced'];

/** @returns a filter that lets what is needed through; every other request as it is */
export function admitOwn(request: AriRequest): AriRequest {
  const { method, path, body } = request;
  if (method !== 'PUT' || !/^\/applications\/[^/]+\/eventFilter$/i.test(path) || !body) return request;
  const filter = JSON.parse(body) as { allowed?: unknown } | null;
  const allowed: unknown = filter?.allowed;
  // of an empty list all is allowed
  if (!Array.isArray(allowed) || allowed.length === 0) return request;
  const types = new Set(allowed.map((entry) => entry?.type));
  const missing = indispensable.filter((type) => !types.has(type)).map((type) => ({ type }));
  return { ...request, body: JSON.stringify({ ...filter, allowed: [...allowed, ...missing] }) };
}
