/** Addresses as xinetd's only_from has them: `127.0.0.1`, `10.0.0.0/8`, `10.0.0.0`, `localhost`. */
import { BlockList, isIP } from 'node:net';

/** Those addresses by which this machine calls itself that are among them. */
export function loopbackAmong(words: readonly string[]): string[] {
  return ['127.0.0.1', '::1'].filter((own) => isAmong(own, words));
}

function isAmong(own: string, words: readonly string[]): boolean {
  return words.some((word) => {
    if (word === 'localhost') return true;
    const [address = '', bits] = word.split('/');
    const version = isIP(address);
    if (version !== isIP(own)) return false;
    if (version === 6) return address === own || address === '::';
    const list = new BlockList();
    // zeros on the right stand for all that may be there
    const zeros = /(?:^|\.)0(?:\.0)*$/.exec(address)?.[0].match(/0/g)?.length ?? 0;
    const prefix = bits === undefined ? 32 - 8 * zeros : Number(bits);
    if (!(prefix >= 0 && prefix <= 32)) return false;
    list.addSubnet(address, prefix, 'ipv4');
    return list.check(own, 'ipv4');
  });
}

/** Whether nobody but this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\./.test(host);
}
