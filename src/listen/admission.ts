/** Who is let in: by address, and by how many are there already. */
import { BlockList, isIP } from 'node:net';
import type { Limits } from './messages';

/** Why a connection is refused, by the key of the configuration that says so. */
export type RefusalReason = 'allow' | 'max_active' | 'max_per_address' | 'processes' | 'drain_seconds';

export class Admission {
  #limits: Limits;
  #allowed: BlockList | undefined;
  readonly #perAddress = new Map<string, number>();
  #active = 0;

  /** @throws TypeError for what is no address and no network */
  constructor(limits: Limits) {
    this.#limits = limits;
    this.#allowed = listOf(limits);
  }

  /** Holds from the next connection on. */
  set limits(limits: Limits) {
    this.#limits = limits;
    this.#allowed = listOf(limits);
  }

  get active(): number {
    return this.#active;
  }

  /** Counts the connection in. `release` must follow, once. */
  admit(address: string): RefusalReason | undefined {
    const { maxActive, maxPerAddress } = this.#limits;
    if (this.#allowed && !this.#allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) return 'allow';
    const here = this.#perAddress.get(address) ?? 0;
    if (maxPerAddress > 0 && here >= maxPerAddress) return 'max_per_address';
    // last: somebody may make way for who is refused for this alone
    if (maxActive > 0 && this.#active >= maxActive) return 'max_active';
    this.#active++;
    this.#perAddress.set(address, here + 1);
    return undefined;
  }

  release(address: string): void {
    this.#active--;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

function listOf({ allow }: Limits): BlockList | undefined {
  return allow.length > 0 ? toBlockList(allow) : undefined;
}

/**
 * Addresses and networks, `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. An IPv4 address holds also for a socket
 * of IPv6 that shows it as `::ffff:192.0.2.1`.
 * @throws TypeError for anything else, with the word that it is
 */
export function toBlockList(words: readonly string[]): BlockList {
  const list = new BlockList();
  for (const word of words) {
    const [address = '', bits] = word.split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
      throw new TypeError(word);
    }
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
