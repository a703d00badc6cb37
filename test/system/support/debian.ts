import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianArchive } from './apt-sources';
import { cacheFolder, emptyFolder } from './cache';
import { withLock } from './lock';
import { type Report, run } from './process';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Raise it when what is done to a root after unpacking changes: old roots are then not taken for new ones. */
const recipe = 1;

/**
 * Unpacks Debian packages and all that they depend on into a root of their own, installing nothing.
 *
 * Kept between runs. A root appears under its name only when it is whole: it is made beside, and renamed,
 * after `finish` has done its part.
 */
export async function debianRoot(
  name: string,
  suite: string,
  packages: string[],
  report: Report,
  finish: (root: string) => Promise<void> = async () => {},
): Promise<string> {
  const wanted = JSON.stringify([recipe, suite, process.arch, packages]);
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 8);
  const root = join(cacheFolder(), `${name}-${hash}`);
  if (existsSync(root)) return root;
  return withLock(`${root}.lock`, async () => {
    if (existsSync(root)) return root; // another made it while we waited
    const work = emptyFolder(`${root}.part`);
    try {
      report(`${name}: fetching ${packages.join(' ')} from ${suite}`);
      const files = await fetchPackages(work, suite, packages, (line) => report(`${name}: ${line}`));
      report(`${name}: unpacking ${files.length} packages`);
      const made = join(work, 'root');
      mkdirSync(made);
      for (const file of files) await run('dpkg-deb', ['-x', file, made]);
      linkMergedUsr(made);
      await finish(made);
      renameSync(made, root);
      report(`${name}: ready`);
      return root;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

/** apt with a state of its own, an empty list of installed packages, and one source: the host stays as it is. */
async function fetchPackages(
  work: string,
  suite: string,
  packages: string[],
  report: Report,
): Promise<string[]> {
  const archives = join(work, 'cache/archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  mkdirSync(join(work, 'state/lists/partial'), { recursive: true });
  mkdirSync(join(work, 'none'));
  writeFileSync(join(work, 'status'), '');
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${debianArchive()} ${suite} main\n`);
  const options = [
    `Dir::State=${work}/state`,
    `Dir::State::status=${work}/status`,
    `Dir::Cache=${work}/cache`,
    `Dir::Etc::sourcelist=${work}/sources.list`,
    `Dir::Etc::sourceparts=${work}/none`,
    `Dir::Etc::preferencesparts=${work}/none`,
    'APT::Sandbox::User=root', // the folders are ours alone: apt's own user could not write there
    'APT::Default-Release=',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ].flatMap((option) => ['-o', option]);
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', [...options, '-q', 'update'], { env });
  const install = ['-q', 'install', '--download-only', '-y', '--no-install-recommends', ...packages];
  const onLine = (line: string) => line.startsWith('Need to get') && report(line);
  await run('apt-get', [...options, ...install], { env, onLine });
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .sort()
    .map((file) => join(archives, file));
}

/** A Debian whose base files were not installed lacks /bin and its like, which are links into /usr there. */
function linkMergedUsr(root: string): void {
  for (const name of ['bin', 'sbin', 'lib', 'lib64'])
    if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
}

/** The folders of a root that hold shared libraries, whatever the processor's name in their path. */
export function libraryFolders(root: string): string[] {
  return ['lib', 'usr/lib']
    .flatMap((lib) => readdirSync(join(root, lib)).map((name) => join(root, lib, name)))
    .filter((folder) => folder.endsWith('-linux-gnu'));
}

/**
 * The root's own dynamic loader with the root's libraries: unlike LD_LIBRARY_PATH it does not reach the
 * programs that it starts.
 */
export function ownLoader(root: string): string[] {
  const folders = libraryFolders(root);
  for (const folder of folders) {
    const name = readdirSync(folder).find((file) => /^ld-linux.*\.so\.\d$/.test(file));
    if (name) return [join(folder, name), '--library-path', folders.join(':')];
  }
  throw new Error(`${root} holds no dynamic loader`);
}
