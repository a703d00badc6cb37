/** `fastagi call` with scripts of other languages, by the libraries that people use. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';
import { libraryFolders } from './support/debian';
import { missingParts, perlAgiFolder, phpRoot } from './support/parts';

const missing = missingParts();

async function call(target: string, ...options: string[]): Promise<Record<string, unknown>[]> {
  const args = [executable('fastagi'), 'call', target, '--fast', '--json', ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function program(text: string): string {
  const file = path.join(makeFolder(), 'script');
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** What each of the scripts does with a caller who types 1234. */
const expected = [
  { type: 'answer' },
  { type: 'play', file: 'vm-extension' },
  { type: 'say', text: '1234' },
  { type: 'variable', name: 'EXTENSION', value: 'it is "1234"' },
  { type: 'summary', commands: 4, answered: true, status: 'SUCCESS', exitCode: 0 },
];

function shown(events: Record<string, unknown>[]): Record<string, unknown>[] {
  const types = expected.map(({ type }) => type);
  return events.filter(({ type }) => types.includes(type as string));
}

describe.skipIf(missing)(`other languages${missing ? ` (${missing})` : ''}`, () => {
  it("Perl's Asterisk::AGI", async () => {
    const script = program(`#!/usr/bin/perl -I${await perlAgiFolder()}
use strict;
use Asterisk::AGI;
my $agi = Asterisk::AGI->new;
my %input = $agi->ReadParse();
$agi->answer();
my $digits = $agi->get_data('vm-extension', 5000, 4);
$agi->say_digits($digits);
$agi->set_variable('EXTENSION', "it is \\\\\\"$digits\\\\\\"");
`);
    expect(shown(await call(script, '--digits', '1234'))).toEqual(
      expected.map((event) => expect.objectContaining(event)),
    );
  });

  it("PHP, in phpAGI's way of standard input and output", async () => {
    const root = await phpRoot();
    const script = program(`#!/bin/sh
LD_LIBRARY_PATH=${libraryFolders(root).join(':')} exec ${root}/usr/bin/php -q "$0.php" "$@"
`);
    writeFileSync(
      `${script}.php`,
      `<?php
while (($line = trim(fgets(STDIN))) !== '') {
    [$name, $value] = explode(': ', $line, 2) + [1 => ''];
    $request[$name] = $value;
}
function ask($command) {
    fwrite(STDOUT, $command . "\\n");
    fflush(STDOUT);
    preg_match('/^200 result=(\\S*)/', fgets(STDIN), $found);
    return $found[1];
}
ask('ANSWER');
$digits = ask('GET DATA vm-extension 5000 4');
ask("SAY DIGITS $digits \\"\\"");
ask('SET VARIABLE EXTENSION "it is \\\\"' . $digits . '\\\\""');
`,
    );
    expect(shown(await call(script, '--digits', '1234'))).toEqual(
      expected.map((event) => expect.objectContaining(event)),
    );
  });

  it('a FastAGI server, by its address', async () => {
    const lines = [
      'ANSWER',
      'GET DATA vm-extension 5000 4',
      'SAY DIGITS 1234 ""',
      'SET VARIABLE EXTENSION "it is \\"1234\\""',
    ];
    const server = createServer((socket) => {
      const rest = [...lines];
      socket.on('data', (chunk) => {
        if (!/(^|\n\n|\n)$/.test(chunk.toString())) return;
        const next = rest.shift();
        if (next === undefined) socket.end();
        else socket.write(`${next}\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const { exitCode: _, ...summary } = expected.at(-1) as { exitCode: number };
      expect(shown(await call(`agi://127.0.0.1:${port}/x`, '--digits', '1234'))).toEqual(
        [...expected.slice(0, -1), summary].map((event) => expect.objectContaining(event)),
      );
    } finally {
      server.close();
    }
  });
});
