import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ariOptions } from '../../src/ari';
import { makeFolder } from '../support/inet';

function file(text: string): string {
  const place = path.join(makeFolder(), 'fastagi.conf');
  fs.writeFileSync(place, text);
  return place;
}

describe('ariOptions', () => {
  it.each([
    ['[ari]\nusername=u\npassword=p#;x\n', { username: 'u', password: 'p#' }],
    ['[ari]\nusername=u\npassword=p#x\n', { username: 'u', password: 'p#x' }],
    [
      '[ari]\nhost=pbx\nport=8089\nusername=u\npassword=p\nendpoint=/pbx/ari\nprotocol=https\n',
      { host: 'pbx', port: 8089, username: 'u', password: 'p', prefix: '/pbx/ari', tls: true },
    ],
    // a phpari.ini
    [
      '[general]\ndebug=1\nlogfile=console\n[asterisk_ari]\nusername = "u"\npassword = "p"\nhost=10.0.0.1\nport=8088\nendpoint=/ari\ntransport=ws\nprotocol=http\n[asterisk_manager]\nusername=x\n',
      { host: '10.0.0.1', port: 8088, username: 'u', password: 'p', prefix: '/ari', tls: false },
    ],
  ])('%j', (text, options) => {
    expect(ariOptions(file(text))).toEqual(options);
  });

  it.each([
    ['', /\[ari\] username is not set: it is that of the user in ari\.conf/],
    ['[ari]\nusername=u\n', /\[ari\] password is not set/],
    ['[ari]\nport=http\n', /\[ari\] port is "http", and must be a number/],
    ['[asterisk_ari]\nprotocol=ftp\n', /\[asterisk_ari\] protocol is "ftp", and must be http or https/],
    ['[ari]\nprotocol=https\ntransport=ws\n', /one is with TLS and one without/],
    ['[ari]\nca=/nowhere/ca.pem\n', /\[ari\] ca cannot be read/],
    ['[ari]\nca=/etc/passwd\n', /\[ari\] ca is \/etc\/passwd, which holds no certificate/],
    ['[ari]\nca=/etc/passwd\nprotocol=http\n', /\[ari\] ca is for TLS, and protocol/],
    ['[ari]\nhost=http://pbx\n', /\[ari\]: "http:\/\/pbx" is no host of an Asterisk/],
    ['[ari]\nport=0\n', /\[ari\]: the port of ARI is 0/],
    ['[asterisk_ari]\nendpoint=http://pbx/ari\n', /\[asterisk_ari\]: the path of ARI is "http:\/\/pbx\/ari"/],
    ['[ari]\nusername=a:b\npassword=p\n', /\[ari\] username is "a:b"/],
  ])('refuses %j', (text, message) => {
    const place = file(text);
    expect(() => ariOptions(place)).toThrow(
      expect.objectContaining({ name: 'RefusedError', message: expect.stringMatching(message) }),
    );
    expect(() => ariOptions(place)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(place) }),
    );
  });

  it('takes another user, where the configuration says', () => {
    const user = { username: 'me', password: 'p#' };
    expect(ariOptions(file('[ari]\nport=8089\nusername=u\n'), user)).toEqual({ ...user, port: 8089 });
    expect(ariOptions({ file: undefined }, user)).toEqual(user);
  });

  it('warns of a key that it does not know, and names the nearest', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    ariOptions(file('[ari]\nusername=u\npassword=p\nuser_name=x\n'));
    expect((await warned).message).toMatch(
      /: \[ari\] user_name: there is no such key \(did you mean username\?\), and it is passed over; known here: host, /,
    );
  });
});
