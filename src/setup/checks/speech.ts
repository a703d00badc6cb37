/** Speech, where calls use it: an engine, a folder to keep what it says, and the way to Asterisk. */
import http from 'node:http';
import https from 'node:https';
import { AgiSpeechError } from '../../errors';
import { noSuchKey } from '../../option-names';
import { speechKeys } from '../../section-keys';
import { engines } from '../../tts/engines';
import { readSettings, type SpeechSettings } from '../../tts/settings';
import { type Finding, Findings } from '../findings';
import { isSpeechUsed, speechFolder } from '../speech-folder';
import { STANDARD_PATH } from '../surroundings';
import type { Survey } from '../survey';

const URL_MS = 3000;

export async function checkSpeech(survey: Survey): Promise<Finding[]> {
  const found = new Findings('speech');
  const { machine, config, file } = survey;
  if (survey.problem !== undefined || !isSpeechUsed(survey)) return found.list;
  const folder = speechFolder(survey) as string;
  const section = config.sections.tts ?? {};
  for (const key of Object.keys(section)) {
    if (!speechKeys.includes(key))
      found.warning(noSuchKey(`${file}: [tts]`, key, speechKeys), `mend that line in ${file}`);
  }
  const known = Object.fromEntries(Object.entries(section).filter(([key]) => speechKeys.includes(key)));
  let settings: SpeechSettings;
  try {
    settings = readSettings({ ...config, sections: { ...config.sections, tts: known } }, folder);
  } catch (error) {
    if (!(error instanceof AgiSpeechError)) throw error;
    found.failure(machine.bare(error.message), `mend that line in ${file}: docs/speech.md has every key`);
    return found.list;
  }
  const engine = checkEngine(found, survey, settings);
  checkCache(found, survey, settings);
  if (settings.url !== undefined && machine.isLive) await checkUrl(found, settings.url);
  if (settings.copy !== undefined) {
    const [program = ''] = settings.copy.split(/\s+/);
    if (machine.program(program, survey.service?.path) === undefined)
      found.failure(`${program} of [tts] copy is not there`, `copy = (its path) below [tts] in ${file}`);
  }
  if (found.isWell && engine !== undefined)
    found.ok(`${engine} speaks, and what it says is kept in ${folder}`);
  return found.list;
}

/** @returns who speaks, where somebody does */
function checkEngine(found: Findings, survey: Survey, settings: SpeechSettings): string | undefined {
  const { machine, file = '/etc/asterisk/fastagi.conf', service, user, userName } = survey;
  const searched = service?.path ?? STANDARD_PATH;
  if (settings.engine === 'command') {
    const program = /^\s*("[^"]*"|'[^']*'|\S+)/
      .exec(settings.command ?? '')?.[1]
      ?.replace(/^["']|["']$/g, '');
    if (program === undefined) {
      found.failure(
        `${file}: [tts] engine is command, and there is no command`,
        `command = PROGRAM -w {wave} -- {text}, below [tts] in ${file}`,
      );
      return undefined;
    }
    if (machine.program(program, searched) !== undefined) return program;
    found.failure(
      `${program} of [tts] command is not there`,
      `command = (its path and words) below [tts] in ${file}`,
    );
    return undefined;
  }
  if (settings.engine === undefined) {
    const usable = engines.filter(({ voiceNeeded }) => !voiceNeeded || settings.voice?.endsWith('.onnx'));
    const first = usable.find(({ name, program }) =>
      machine.program(settings.programs[name] ?? program, searched),
    );
    if (first !== undefined) return first.name;
    found.failure(
      `scripts speak, and there is no engine in ${searched}`,
      'apt-get install flite, or another: docs/speech.md',
    );
    return undefined;
  }
  const row = engines.find(({ name }) => name === settings.engine);
  if (row === undefined) {
    const names = [...engines.map(({ name }) => name), 'command'].join(', ');
    found.failure(
      `${file}: there is no engine ${JSON.stringify(settings.engine)}`,
      `engine = one of ${names}, below [tts] in ${file}`,
    );
    return undefined;
  }
  const named = settings.programs[row.name] ?? row.program;
  const program = machine.program(named, searched);
  if (program === undefined) {
    found.failure(
      named.includes('/')
        ? `${file}: ${row.name} is to speak, and its program ${named} is not there`
        : `${file}: ${row.name} is to speak, and its program ${named} is not in ${searched}`,
      `install ${row.install}`,
    );
    return undefined;
  }
  const obstacle = user && machine.obstacle(user, program, 'run');
  if (obstacle) {
    found.failure(
      `user ${userName} cannot run ${program}: ${obstacle.place} ${obstacle.why}`,
      obstacle.remedy ?? `install ${row.install}`,
    );
    return undefined;
  }
  if (row.voiceNeeded && settings.voices[row.name] === undefined) {
    found.failure(`${file}: ${row.name} needs a voice`, `voice = ${row.voiceNeeded}, below [tts] in ${file}`);
    return undefined;
  }
  return row.name;
}

/** Made when it is needed; whoever speaks must be able to, and Asterisk to look into it. */
function checkCache(found: Findings, survey: Survey, settings: SpeechSettings): void {
  const { machine, config, user, userName, asterisk } = survey;
  // with setuid each owner has a folder of its own
  if (user === undefined || (config.setuid && !settings.cacheNamed)) return;
  const { cache } = settings;
  const place = nearestThere(survey, cache);
  const set = settings.cacheNamed ? '[tts] cache' : '[phpagi] tempdir';
  const obstacle = config.setuid ? undefined : machine.obstacle(user, place, 'write');
  if (obstacle) {
    found.failure(
      `user ${userName} cannot keep spoken files in ${cache} (${set}): ${obstacle.place} ${obstacle.why}`,
      obstacle.place === place
        ? `install -d -m 755 -o ${userName} -g ${machine.groupOf(user)} ${place === cache ? cache : settings.cacheNamed ? cache : config.tempdir}`
        : obstacle.remedy,
    );
    return;
  }
  const listener = asterisk.user.account;
  const isElsewhere = settings.url !== undefined || settings.copy !== undefined;
  const closed = listener && !isElsewhere ? machine.obstacle(listener, place, 'read') : undefined;
  if (closed) {
    found.failure(
      `Asterisk's user ${listener?.name} cannot look into ${cache} (${set}): ${closed.place} ${closed.why}`,
      closed.remedy,
    );
  }
}

function nearestThere({ machine }: Survey, folder: string): string {
  let place = folder;
  while (place !== '/' && machine.isMissing(place)) place = place.slice(0, place.lastIndexOf('/')) || '/';
  return place;
}

/** Whether `fastagi speech` is where Asterisk fetches files from. Without a signature it has nothing for anybody. */
async function checkUrl(found: Findings, url: string): Promise<void> {
  const { hostname } = new URL(url);
  try {
    await answerOf(`${url}/`);
  } catch (error) {
    found.failure(
      `nobody answers at ${url} ([tts] url), where Asterisk is to fetch what is spoken: ${(error as Error).message}`,
      `fastagi speech --host ${hostname}, as a service: docs/speech.md`,
    );
  }
}

function answerOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? https.get : http.get;
    // that somebody answers is all that is asked
    const request = get(
      url,
      { agent: false, rejectUnauthorized: false } as http.RequestOptions,
      (response) => {
        response.resume();
        clearTimeout(timer);
        resolve(response.statusCode ?? 0);
        request.destroy();
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`no answer in ${URL_MS / 1000} s`)), URL_MS);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
