/** Certificates that sign themselves: who is given one trusts it, and nobody else does. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** Key and certificate in one file, as Asterisk takes them. */
  readonly file: string;
  readonly key: string;
  readonly pem: string;
}

/** One for 127.0.0.1 and pbx.test. @param name of its files in the folder */
export function certificate(folder: string, name = 'pbx'): Certificate {
  const key = join(folder, `${name}.key.pem`);
  const crt = join(folder, `${name}.crt.pem`);
  const subject = ['-subj', '/CN=pbx.test', '-addext', 'subjectAltName=DNS:pbx.test,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', crt],
    { stdio: 'ignore' },
  );
  const file = join(folder, `${name}.pem`);
  const made = { file, key: readFileSync(key, 'utf8'), pem: readFileSync(crt, 'utf8') };
  writeFileSync(file, made.key + made.pem);
  return made;
}
