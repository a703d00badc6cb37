/** What is measured: services of one xinetd, each doing the same two commands in its own way. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { perlAgiFolder } from '../test/system/support/parts';
import type { Report } from '../test/system/support/process';

export interface Contender {
  readonly name: string;
  /** The program and its arguments, as xinetd starts them. */
  readonly command: readonly string[];
  /** What Asterisk asks for: `agi_network_script`. */
  readonly script: string;
  /** What one of the commands must look like; else the call has not done what was measured. */
  readonly proof: RegExp;
}

const proof = /^SET VARIABLE "?test"? "?1111"?\s*$/;

/** A Node that does next to nothing: what no server in Node can be faster than. */
export function nodeFloor(folder: string): Contender {
  const script = write(folder, 'floor.js', "require('fs').writeSync(0, 'VERBOSE x 1\\n')\n");
  return {
    name: 'node',
    command: [process.execPath, '--no-rehash-snapshot', script],
    script: 'floor.js',
    proof: /^VERBOSE x 1$/,
  };
}

/** As `xinetd/fastagi` runs it. */
export function fastagi(root: string, folder: string): Contender {
  const basedir = makeFolder(folder, 'fastagi');
  write(
    basedir,
    'hello.js',
    "fastagi.verbose('cool, the FastAGI server has been called!');\nfastagi.setVariable('test', '1111');\n",
  );
  const log = join(folder, 'fastagi.log');
  const config = write(folder, 'fastagi.conf', `[fastagi]\nbasedir=${basedir}\nlog=${log}\n`);
  return {
    name: 'fastagi',
    command: [process.execPath, '--no-rehash-snapshot', join(root, 'dist/fastagi'), '--config', config],
    script: 'hello.js',
    proof,
  };
}

export async function perlAgi(folder: string, report: Report): Promise<Contender> {
  const script = write(
    folder,
    'hello.pl',
    `use strict;
use Asterisk::AGI;
my $agi = Asterisk::AGI->new;
my %request = $agi->ReadParse();
$agi->verbose('cool, the FastAGI server has been called!', 1);
$agi->set_variable('test', '1111');
`,
  );
  return {
    name: 'Asterisk::AGI',
    command: [program('perl') ?? '/usr/bin/perl', '-I', await perlAgiFolder(report), script],
    script: 'hello.pl',
    proof,
  };
}

/**
 * phpAGI's own server, phpagi-fastagi.php, from the copy that `PHPAGI_DIR` names; it serves what lies in its
 * own folder.
 * @returns the reason where it cannot be measured
 */
export function phpAgi(folder: string, source: string | undefined): Contender | string {
  if (!source) return 'PHPAGI_DIR names no copy of it';
  for (const file of ['phpagi.php', 'phpagi-fastagi.php']) {
    if (!existsSync(join(source, file))) return `PHPAGI_DIR = ${source} holds no ${file}`;
  }
  const php = program('php');
  if (!php) return 'php is not on PATH';
  const home = makeFolder(folder, 'phpagi');
  for (const file of readdirSync(source).filter((name) => name.endsWith('.php'))) {
    copyFileSync(join(source, file), join(home, file));
  }
  write(
    home,
    'hello.php',
    "<?php\n$fastagi->verbose('cool, the FastAGI server has been called!');\n$fastagi->set_variable('test', '1111');\n",
  );
  write(home, 'held.php', "<?php\n$fastagi->verbose('held');\nfgets($fastagi->in);\n");
  return {
    name: 'phpAGI',
    command: [php, '-q', join(home, 'phpagi-fastagi.php')],
    script: 'hello.php',
    proof,
  };
}

function makeFolder(folder: string, name: string): string {
  const made = join(folder, name);
  mkdirSync(made);
  return made;
}

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function program(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
