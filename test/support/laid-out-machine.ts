/** A machine in a folder: its files, users, processes and open ports, for those who look at a set-up. */
import fs from 'node:fs';
import path from 'node:path';
import { Machine } from '../../src/setup/machine';
import { type Survey, survey } from '../../src/setup/survey';
import { makeFolder, root } from './inet';

/** A file's text; `undefined` takes it away; a function changes what it has. */
export type Change = string | undefined | ((text: string) => string);

export interface Layout {
  readonly files?: Readonly<Record<string, Change>>;
  readonly modes?: Readonly<Record<string, number>>;
  readonly owners?: Readonly<Record<string, readonly [uid: number, gid: number]>>;
  readonly links?: Readonly<Record<string, string>>;
  /** The configuration that is named by `--config`. */
  readonly config?: string;
}

const shipped = fs.readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');

/** As /proc/stat has it: the processes were started 100 s later. */
const BOOT_S = Math.floor(Date.now() / 1000) - 1000;

export function processFiles(
  pid: number,
  words: readonly string[],
  options: {
    readonly uid?: number;
    readonly groups?: readonly number[];
    readonly parent?: number;
    readonly env?: string;
    readonly startedS?: number;
  } = {},
): Record<string, string> {
  const { uid = 0, groups = [], parent = 1, env = '', startedS = 2000 } = options;
  const name = path.basename(words[0] as string);
  // as in the machine's passwd
  const gid = uid === 101 ? 102 : uid;
  const fields = ['S', parent, ...Array(17).fill(0), startedS * 100];
  return {
    [`proc/${pid}/stat`]: `${pid} (${name}) ${fields.join(' ')}\n`,
    [`proc/${pid}/status`]: `Name:\t${name}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\nGroups:\t${groups.join(' ')} \n`,
    [`proc/${pid}/cmdline`]: `${words.join('\0')}\0`,
    [`proc/${pid}/environ`]: env,
  };
}

/** A line of /proc/net/tcp for a socket that listens. */
export function listening(port: number, address = '0100007F'): string {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return `   0: ${address}:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n`;
}

/** All is well on it: Asterisk's user runs scripts, by xinetd's shipped file. */
const files: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nasterisk:x:101:102:,,,:/var/lib/asterisk:/bin/false\njo:x:1000:1000::/home/jo:/bin/sh\n',
  'etc/group': 'root:x:0:\nasterisk:x:102:\njo:x:1000:\npbx:x:1500:asterisk\n',
  'etc/services': 'http 80/tcp\nfastagi\t\t4573/tcp\t\t\t# call scripts\n',
  'etc/xinetd.conf': 'defaults\n{\n}\nincludedir /etc/xinetd.d\n',
  'etc/xinetd.d/fastagi': shipped,
  'etc/asterisk/fastagi.conf': '[fastagi]\nbasedir=/var/lib/asterisk/fastagi\n',
  'usr/bin/node': '#!/bin/sh\necho v20.19.0\n',
  'usr/sbin/xinetd': '',
  'usr/local/bin/fastagi': '#!/usr/bin/env node\n',
  'var/lib/asterisk/fastagi/hello.js': "agi.verbose('hello');\n",
  'var/log/asterisk/fastagi.log': '',
  'var/spool/asterisk/tmp/.keep': '',
  'proc/stat': `btime ${BOOT_S}\n`,
  'proc/net/tcp': `  sl  local_address\n${listening(4573)}`,
  ...processFiles(200, ['/usr/sbin/xinetd', '-stayalive']),
};

const executables = ['usr/bin/node', 'usr/sbin/xinetd', 'usr/local/bin/fastagi'];
const asterisks = ['var/log/asterisk', 'var/log/asterisk/fastagi.log', 'var/spool/asterisk/tmp'];

export function layOut({ files: changes = {}, modes = {}, owners = {}, links = {} }: Layout = {}): string {
  const all: Record<string, string> = { ...files };
  for (const [name, change] of Object.entries(changes)) {
    const text = typeof change === 'function' ? change(all[name] ?? '') : change;
    if (text === undefined) delete all[name];
    else all[name] = text;
  }
  const folder = makeFolder(all);
  // whatever the umask of who tests
  fs.chmodSync(folder, 0o755);
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const place = path.join(folder, name);
    fs.chmodSync(place, fs.statSync(place).isDirectory() ? 0o755 : 0o644);
  }
  for (const name of executables) if (name in all) fs.chmodSync(path.join(folder, name), 0o755);
  if (process.getuid?.() === 0) {
    for (const name of asterisks)
      if (fs.existsSync(path.join(folder, name))) fs.chownSync(path.join(folder, name), 101, 102);
  }
  for (const [name, to] of Object.entries(links)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.symlinkSync(to, path.join(folder, name));
  }
  for (const [name, [uid, gid]] of Object.entries(owners)) fs.chownSync(path.join(folder, name), uid, gid);
  for (const [name, mode] of Object.entries(modes)) fs.chmodSync(path.join(folder, name), mode);
  return folder;
}

export function surveyOf(layout: Layout = {}): Survey {
  const machine = new Machine(layOut(layout));
  return survey({
    machine,
    node: '/usr/bin/node',
    executable: '/usr/local/bin/fastagi',
    named: layout.config === undefined ? undefined : { file: layout.config, by: '--config' },
  });
}
