/** A set-up of this machine, as a plan: what is there, what is to be made, and what is in the way. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type Config, defaults, readConfig } from '../config';
import { RefusedError } from '../errors';
import { type Account, readAccount } from './accounts';
import { machineHas, machinePath } from './machine-path';
import { obstaclesTo } from './obstacles';
import { type FileOptions, isFolder, makeFolder, PlannedFile } from './planned-file';
import { isLocal, type ServiceKind, serviceFiles } from './service-files';
import { hasSystemd } from './service-starter';
import { type ServicesLine, servicesLine } from './services-line';
import { asteriskUser, lastingPath } from './surroundings';

export interface InstallOptions {
  readonly executable: string;
  /** Where it is not one of the standard ones. */
  readonly config: string | undefined;
  /** Undefined: by what is there. */
  readonly kind: ServiceKind | undefined;
  /** Undefined: Asterisk's, and root where scripts run as their owners. */
  readonly user: string | undefined;
  readonly from: readonly string[];
  readonly port: number;
  /** Undefined: the configuration's. */
  readonly basedir: string | undefined;
  /** The folder that holds the machine's files; what is not `/` is an image, in which nothing is started. */
  readonly root: string;
}

/** One thing that a set-up needs. */
export interface Step {
  /** As a heading has it: `/etc/xinetd.d/fastagi`. */
  readonly subject: string;
  readonly standing: 'there' | 'missing' | 'different';
  /** What it is for, or how it is. */
  readonly text: string;
  /** Of what is different: lines that are there, and that are wanted. */
  readonly difference: readonly string[];
  /** @returns where that is, which was there before */
  make(): string | undefined;
  /** Takes away what `make` has made; undefined for what is left to the user, as his scripts are. */
  readonly unmake?: () => void;
}

export interface Installation {
  readonly kind: ServiceKind;
  readonly steps: readonly Step[];
  readonly basedir: string;
  readonly user: string;
  /** What nobody but a person can decide; nothing can be made while there is any. */
  readonly obstacles: readonly string[];
}

/** The shortest script, with which a first call can be tried. */
const HELLO = `// The shortest script: its body is the call. It finds the call in \`fastagi\`, and in \`agi\`, which is the same.
fastagi.verbose('cool, the FastAGI server has been called!');
fastagi.setVariable('test', '1111');
`;

/**
 * Changes nothing.
 * @throws RefusedError for a configuration that cannot be read
 */
export function planInstallation(options: InstallOptions): Installation {
  const { root, executable, from, port } = options;
  const config = configOf(options);
  const kind = options.kind ?? usualKind(root);
  const asterisk = asteriskUser(root);
  const user = options.user ?? (config.setuid ? 'root' : usualUser(asterisk.name));
  const account = readAccount(user, root);
  const node = lastingPath(process.execPath);
  const fastagi = lastingPath(executable);
  const basedir = options.basedir ?? config.basedir;
  const line = kind === 'systemd' ? undefined : servicesLine(port, root);
  const obstacles = [
    ...obstaclesTo({
      ...options,
      kind,
      user: { name: user, account, asterisk },
      node,
      fastagi,
      config,
      configFile: options.config,
    }),
    ...(line?.conflict ? [line.conflict] : []),
  ];
  const terms = { executable, node, fastagi, user, from, port, config: options.config };
  const steps = [
    folderStep(basedir, root, config.setuid ? ownerOf(asterisk.account) : undefined),
    ...(options.basedir !== undefined && config.file === undefined
      ? [
          fileStep(
            new PlannedFile('/etc/asterisk/fastagi.conf', `[fastagi]\nbasedir = ${basedir}\n`, root),
            `where the scripts are${otherScripts(config.basedir, basedir, root)}`,
            false,
          ),
        ]
      : []),
    ...(line === undefined ? [] : [lineStep(line)]),
    ...serviceFiles(kind, terms, root).map((file) =>
      fileStep(file, wordsFor(file.file, { user, port, from })),
    ),
  ];
  return { kind, steps, basedir, user, obstacles };
}

/** Of the machine in `root`. */
function configOf({ config, root }: InstallOptions): Config {
  if (root === '/' || config !== undefined) return readConfig(config);
  const standard = ['/etc/asterisk/fastagi.conf', '/etc/asterisk/phpagi.conf'];
  const file = standard.find((each) => machineHas(root, each));
  return file === undefined ? defaults : readConfig(machinePath(root, file));
}

/** xinetd where it is; with nothing of both, it is what one is told to install. */
function usualKind(root: string): ServiceKind {
  return machineHas(root, '/etc/xinetd.d') || !hasSystemd(root) ? 'xinetd' : 'systemd';
}

/** Where Asterisk itself has root's rights, scripts need not. */
const usualUser = (asterisk: string) => (asterisk === 'root' ? 'asterisk' : asterisk);

/** With setuid a script runs as its owner, and root's is refused. Only root gives files away. */
function ownerOf(account: Account | undefined): Account | undefined {
  return process.getuid?.() === 0 && account?.uid !== 0 ? account : undefined;
}

/** What is served today, and will not be. */
function otherScripts(before: string, basedir: string, root: string): string {
  const isServed =
    before !== basedir && machineHas(root, before) && namesIn(machinePath(root, before)).length > 0;
  return isServed ? `; those in ${before} are served no more` : '';
}

const namesIn = (place: string) => (isFolder(place) ? readdirSync(place) : []);

function folderStep(basedir: string, root: string, owner: FileOptions['owner']): Step {
  const place = machinePath(root, basedir);
  const isThere = isFolder(place);
  const isEmpty = namesIn(place).length === 0;
  if (!isThere && existsSync(place)) throw new RefusedError('FOLDER', `${place} is no folder`);
  const hello = new PlannedFile(path.join(basedir, 'hello.js'), HELLO, root, { owner });
  return {
    subject: basedir,
    standing: isThere && !isEmpty ? 'there' : 'missing',
    text: isEmpty ? 'the folder of the scripts, with hello.js in it' : 'the folder of the scripts',
    difference: [],
    make() {
      makeFolder(place);
      hello.write();
      return undefined;
    },
  };
}

function wordsFor(
  file: string,
  { user, port, from }: { user: string; port: number; from: readonly string[] },
): string {
  if (file.endsWith('.service')) return `a server that stays; scripts run as ${user}`;
  if (file.endsWith('.socket')) return `port ${port}, on ${isLocal(from) ? '127.0.0.1' : 'all addresses'}`;
  return `port ${port} for ${from.join(' ')}; scripts run as ${user}`;
}

function fileStep(file: PlannedFile, text: string, isService = true): Step {
  const { standing } = file;
  return {
    subject: file.file,
    standing,
    text,
    difference: standing === 'different' ? file.difference : [],
    make: () => file.write(standing === 'different'),
    ...(isService ? { unmake: () => file.remove() } : undefined),
  };
}

function lineStep({ file, without }: ServicesLine): Step {
  return {
    subject: '/etc/services',
    standing: file ? 'missing' : 'there',
    text: 'the line by which xinetd knows the port',
    difference: [],
    make() {
      file?.write();
      return undefined;
    },
    ...(without ? { unmake: () => void without.write() } : undefined),
  };
}
