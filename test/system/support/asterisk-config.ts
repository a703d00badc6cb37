import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a call script can meet: the dialplan, every function and the applications, sound files and the
 * codecs between them. No channel driver, so nothing listens: calls are Local channels, which are core.
 */
const modules = [
  /^app_(authenticate|cdr|chanspy|confbridge|controlplayback|db|dial|disa|dumpchan|echo|exec)\.so$/,
  /^app_(mf|milliwatt|mixmonitor|originate|playback|playtones|queue|read|readexten|record|reload)\.so$/,
  /^app_(sayunixtime|senddtmf|sendtext|softhangup|speech_utils|stack|system|talkdetect|transfer)\.so$/,
  /^app_(userevent|verbose|waitfor\w+|waituntil|while|zapateller|voicemail)\.so$/,
  /^bridge_(builtin_features|builtin_interval_features|holding|simple|softmix)\.so$/,
  /^codec_(a_mu|alaw|g722|gsm|resample|ulaw)\.so$/,
  /^format_(gsm|pcm|sln|wav|wav_gsm)\.so$/,
  /^func_(?!curl|odbc|pjsip|sorcery|realtime|aes|enum|srv|speex)\w+\.so$/,
  /^pbx_config\.so$/,
  /^res_(agi|clioriginate|musiconhold|mutestream|speech|timing_timerfd)\.so$/,
];

/** Files that something in Asterisk looks for, with an error in the log where they are missing. */
const emptyFiles = ['ccss', 'cel', 'confbridge', 'features', 'queuerules', 'queues', 'udptl', 'voicemail'];

/** Where one Asterisk keeps its own things. */
export interface AsteriskFolders {
  etc: string;
  log: string;
  agiBin: string;
}

/**
 * Writes the configuration of one Asterisk whose every folder but the shared, unchanging ones is below `home`.
 *
 * @param config files by name, which win over ours
 */
export function writeAsteriskConfig(
  home: string,
  root: string,
  config: Record<string, string>,
  extraModules: string[],
): AsteriskFolders {
  const folder = (name: string) => {
    const path = join(home, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const folders = { etc: folder('etc'), log: folder('log'), agiBin: folder('agi-bin') };
  const modulesFolder = findModules(root);
  const available = readdirSync(join(root, modulesFolder));
  const usual = available.filter((file) => modules.some((pattern) => pattern.test(file)));
  const loads = [...usual, ...extraModules];
  const files: Record<string, string> = {
    'asterisk.conf': [
      '[directories]',
      `astetcdir => ${folders.etc}`,
      `astmoddir => ${modulesFolder}`,
      `astvarlibdir => ${folder('lib')}`,
      `astdbdir => ${folder('db')}`,
      `astkeydir => ${folder('keys')}`,
      'astdatadir => /usr/share/asterisk',
      `astagidir => ${folders.agiBin}`,
      `astspooldir => ${folder('spool')}`,
      `astrundir => ${folder('run')}`,
      `astlogdir => ${folders.log}`,
      'astsbindir => /usr/sbin',
      '[options]',
      'nocolor = yes',
    ].join('\n'),
    'logger.conf': [
      '[general]',
      'dateformat = %T.%3q',
      '[logfiles]',
      'full => notice,warning,error,verbose(5),dtmf',
    ].join('\n'),
    'modules.conf': ['[modules]', 'autoload = no', ...loads.map((file) => `load = ${file}`)].join('\n'),
    ...Object.fromEntries(emptyFiles.map((name) => [`${name}.conf`, '[general]'])),
    'acl.conf': '',
    'stasis.conf': '',
    'cdr.conf': '[general]\nenable = no',
    'indications.conf': indications,
    'manager.conf': '[general]\nenabled = no',
    'musiconhold.conf': '[default]\nmode = files\ndirectory = /usr/share/asterisk/sounds/en',
    ...config,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folders.etc, name), `${text}\n`);
  return folders;
}

const indications = `[general]
country = us
[us]
description = United States / North America
ringcadence = 2000,4000
dial = 350+440
busy = 480+620/500,0/500
ring = 440+480/2000,0/4000
congestion = 480+620/250,0/250
`;

/** Debian moved the modules below the processor's own folder after 16. */
function findModules(root: string): string {
  const lib = '/usr/lib';
  const folders = [lib, ...readdirSync(join(root, lib)).map((name) => join(lib, name))];
  const found = folders
    .map((folder) => join(folder, 'asterisk/modules'))
    .find((path) => existsSync(join(root, path)));
  if (!found) throw new Error(`${root} holds no Asterisk modules`);
  return found;
}
