/** Where a server is: `host`, `host:port`, `[::1]:port`. */
import { isIPv6 } from 'node:net';
import { AmiArgumentError } from '../ami-errors';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** @throws AmiArgumentError for what is no address */
export function parseAddress(host: string, port: number | undefined, defaultPort: number): Address {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(host);
  // an IPv6 address without brackets has colons of its own
  const plain = bracketed ? undefined : /^([^:]+)(?::(\d+))?$/.exec(host);
  const [, name, given] = bracketed ?? plain ?? [undefined, host, undefined];
  const isName = name !== undefined && name.trim() !== '' && !/[\0\s]/.test(name);
  if (!isName || (name.includes(':') && !isIPv6(name)))
    throw new AmiArgumentError(`${JSON.stringify(host)} is no address: host, host:port or [IPv6]:port`);
  const chosen = given === undefined ? (port ?? defaultPort) : Number(given);
  if (!Number.isInteger(chosen) || chosen < 1 || chosen > 65_535) {
    throw new AmiArgumentError(`the port of ${name} is ${chosen}, and must be a number from 1 to 65535`);
  }
  return { host: name, port: chosen };
}

export function showAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
