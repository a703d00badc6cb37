/** Where a REST interface is, and how it is reached. */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AriArgumentError } from '../ari-errors';

export interface AriAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  /** `/ari`, without a slash at the end. */
  readonly prefix: string;
}

export interface AddressOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly tls?: boolean | TlsOptions | undefined;
  readonly prefix?: string | undefined;
}

/** @throws AriArgumentError for what is no address */
export function parseAddress({ host = '127.0.0.1', port, tls, prefix = '/ari' }: AddressOptions): AriAddress {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(host);
  // an IPv6 address without brackets has colons of its own
  const plain = bracketed ? undefined : /^([^:]+)(?::(\d+))?$/.exec(host);
  const [, name, given] = bracketed ?? plain ?? [undefined, host, undefined];
  if (name === undefined || name.trim() === '' || /[\0\s/@]/.test(name)) {
    throw new AriArgumentError(`${JSON.stringify(host)} is no host of an Asterisk: host, or host:port`);
  }
  const chosen = given === undefined ? (port ?? (tls ? 8089 : 8088)) : Number(given);
  if (!Number.isInteger(chosen) || chosen < 1 || chosen > 65_535) {
    throw new AriArgumentError(`the port of ARI is ${chosen}, and must be a number from 1 to 65535`);
  }
  const path = `/${prefix}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  // of dots a URL makes another path
  if (!/^(?:\/[\w.~%-]+)*$/.test(path) || /\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) {
    throw new AriArgumentError(`the path of ARI is ${JSON.stringify(prefix)}, and must be one such as /ari`);
  }
  return { host: name, port: chosen, tls: tls === true ? {} : tls || undefined, prefix: path };
}

/** `http://127.0.0.1:8088/ari`. */
export function showAddress({ host, port, tls, prefix }: AriAddress): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${prefix}`;
}
