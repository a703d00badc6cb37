// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** What `fastagi new` makes, on every Node, served by the real xinetd to the real Asterisk. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { executable, makeFolder, root } from '../support/inet';
import { blocks, passed, run, shownCall } from '../support/new-folder';
import { Asterisk } from './support/asterisk';
import { hasNodeBinaries, missingParts, nodeBinary, nodeMajors, prepareParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

/** Makes a folder by a Node of this version. */
async function make(language: string, major?: (typeof nodeMajors)[number]) {
  const node = major ? await nodeBinary(major) : process.execPath;
  const place = makeFolder();
  chmodSync(place, 0o755);
  const made = await run(node, [executable('fastagi'), 'new', 'calls', `--${language}`], place);
  expect(made).toMatchObject({ code: 0 });
  return { folder: path.join(place, 'calls'), node, place };
}

describe.skipIf(missing || !hasNodeBinaries()).each([...nodeMajors])('a new folder on Node %i', (major) => {
  it.each(['javascript', 'typescript'])('in %s is tested, and called', async (language) => {
    const { folder, node } = await make(language, major);
    // npm runs the node that is first on the PATH
    const env = { PATH: `${path.dirname(node)}:${process.env.PATH}` };
    const test = await run('npm', ['test'], folder, env);
    expect(test).toMatchObject({ code: 0, stdout: passed(3) });
    expect(test.stdout + test.stderr).not.toMatch(/warning/i);
    const { shown, real } = await shownCall(folder, node);
    expect(real).toBe(shown);
  });

  it('is one in TypeScript by itself', async () => {
    const place = makeFolder();
    const node = await nodeBinary(major);
    await run(node, [executable('fastagi'), 'new', '.', '--no-install'], place);
    expect(readdirSync(place)).toContain('tsconfig.json');
  });
});

describe.skipIf(missing)(`a new folder, served${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => prepareParts(console.error), 600_000);

  it.each([
    [16, 'javascript', undefined],
    [22, 'typescript', 24],
  ] as const)(
    'Asterisk %i calls it as its README says, in %s',
    async (version, language, major) => {
      if (major && !hasNodeBinaries()) return;
      const { folder, node, place } = await make(language, major);
      const config = path.join(place, 'fastagi.conf');
      writeFileSync(config, `[fastagi]\nbasedir = ${folder}/scripts\nlog = ${place}/log\n`);
      await using xinetd = await Xinetd.startFile(readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8'), {
        user: 'root',
        server: node,
        server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
      });
      const address = `agi://127.0.0.1:${xinetd.port('fastagi')}`;
      const dialplan = blocks(path.join(folder, 'README.md'))[1] as string;
      await using asterisk = await Asterisk.start({
        version,
        extensions: [
          '[legs]',
          // presses what the test says, when it says so
          'exten => caller,1,Answer()',
          ' same => n(listen),GotoIf($["${PRESS}"=""]?wait)',
          ' same => n,Set(NOW=${PRESS})',
          ' same => n,Set(GLOBAL(PRESS)=)',
          ' same => n,SendDTMF(${NOW})',
          ' same => n(wait),Wait(0.1)',
          ' same => n,Goto(listen)',
          '[phones]',
          'exten => 1234,1,Verbose(1,the phone of ${EXTEN} rings)',
          ' same => n,Busy(1)',
          '[test]',
          // this Asterisk has no PJSIP
          dialplan
            .replace('agi://127.0.0.1', address)
            .replace('PJSIP/${EXTENSION}', 'Local/${EXTENSION}@phones'),
          'exten => h,1,Verbose(1,dialled: ${DIALSTATUS})',
          ...[
            'scripts/extension',
            '../test/extension.test',
            '../package.json',
            '../node_modules/fastagi/dist/index',
          ].flatMap((script, at) => [
            `exten => refused${at},1,AGI(${address}/${script})`,
            ` same => n,Verbose(1,refused${at}: \${AGISTATUS})`,
          ]),
        ].join('\n'),
      });
      await asterisk.command('agi set debug on');
      await asterisk.originate('caller@legs', '4573@test');
      await asterisk.waitForLog('AGI Rx << STREAM FILE vm-extension', 20_000);
      await asterisk.command('dialplan set global PRESS 1234');
      await asterisk.waitForLog('the phone of 1234 rings', 20_000);
      await asterisk.waitForLog('dialled: BUSY', 20_000);
      for (const at of [0, 1, 2, 3]) {
        await asterisk.originate('caller@legs', `refused${at}@test`);
        await asterisk.waitForLog(`refused${at}: FAILURE`, 20_000);
      }
      const log = readFileSync(path.join(place, 'log'), 'utf8');
      expect(log).toContain(
        `extension.${language === 'javascript' ? 'mjs' : 'ts'}: somebody asks for 1234\n`,
      );
      expect(log.match(/SCRIPT_\w+/g)).toEqual([
        'SCRIPT_MISSING',
        'SCRIPT_OUTSIDE',
        'SCRIPT_OUTSIDE',
        'SCRIPT_OUTSIDE',
      ]);
    },
    90_000,
  );
});

describe.skipIf(missing)("what Asterisk's user cannot read", () => {
  /** Makes a folder on a machine with these users, where no Asterisk runs. */
  async function told(place: string, passwd: string, config = '') {
    const machine = makeFolder({ passwd, 'fastagi.conf': `[fastagi]\n${config}` });
    const mount = `umask 022; mount --bind ${machine}/passwd /etc/passwd && exec "$@"`;
    const enclosed = [
      '--mount',
      '--propagation',
      'private',
      '--pid',
      '--fork',
      '--mount-proc',
      'sh',
      '-c',
      mount,
    ];
    const words = [
      executable('fastagi'),
      'new',
      'calls',
      '--no-install',
      '--config',
      `${machine}/fastagi.conf`,
    ];
    const { code, stdout } = await run('unshare', [...enclosed, 'sh', process.execPath, ...words], place);
    expect(code).toBe(0);
    return stdout.match(/^Asterisk's user.*\n.*$/m)?.[0];
  }
  const root = 'root:x:0:0::/root:/bin/sh\n';
  const both = `${root}asterisk:x:4101:4101::/:/bin/false\n`;

  it('is said, with what mends it', async () => {
    const place = makeFolder();
    expect(await told(place, both)).toBe(
      `Asterisk's user asterisk cannot read it, for ${place} belongs to user 0, group root, mode 700, and asterisk may not go into it:\n  chmod o+x ${place}`,
    );
    // nor where each script runs as its owner, where there is no Asterisk, and where it can
    for (const [mode, passwd, config] of [
      [0o700, both, 'setuid = true\n'],
      [0o700, root, ''],
      [0o755, both, ''],
    ] as const) {
      const other = makeFolder();
      chmodSync(other, mode);
      expect(await told(other, passwd, config)).toBeUndefined();
    }
  });

  it('is mended by one command where it is the folder itself', async () => {
    const place = makeFolder();
    chmodSync(place, 0o755);
    mkdirSync(path.join(place, 'calls'), { mode: 0o700 });
    const [, command = ''] = (await told(place, both))?.split('\n') ?? [];
    expect(command).toBe(`  chmod -R o+rX ${place}/calls`);
  });
});

describe.skipIf(missing)('a disk that is full', () => {
  it.each([
    ['of names', 'nr_inodes=6'],
    ['of text', 'size=8k'],
  ])('%s is told of, and nothing is left', async (_, limit) => {
    const place = makeFolder({ 'disk/x': '' });
    const mount = `mount -t tmpfs -o ${limit} none disk && { "$@"; code=$?; find disk; exit $code; }`;
    const words = [process.execPath, executable('fastagi'), 'new', 'disk/calls', '--no-install'];
    const enclosed = ['--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh', ...words];
    expect(await run('unshare', enclosed, place)).toEqual({
      code: 3,
      stdout: 'disk\n',
      stderr: `fastagi new: ${place}/disk/calls cannot be made: the disk is full\n`,
    });
  });
});
