/** Plays what the caller hears, with a player that the machine has. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';
import type { SimulatedCall } from '../sim/call';
import type { CallEvent } from '../sim/events';
import { findSound } from '../sim/sounds';

/** Program to its arguments in front of the file; those that know the most formats first. */
const players: readonly (readonly [program: string, ...args: string[]])[] = [
  ['ffplay', '-nodisp', '-autoexit', '-loglevel', 'quiet'],
  ['play', '-q'],
  ['mpv', '--really-quiet', '--no-video'],
  ['paplay'],
  ['aplay', '-q'],
  ['afplay'],
];

export class SoundPlayer {
  readonly #folder: string;
  readonly #language: string;
  readonly #player: readonly [string, ...string[]];
  #playing: ChildProcess | undefined;

  /** @throws RefusedError where the machine has no player */
  constructor(folder: string | undefined, language: string) {
    const found = players.find(([program]) => isOnPath(program));
    if (!found)
      throw new RefusedError('PLAYER', `--play finds no player: ${players.map(([name]) => name).join(', ')}`);
    this.#player = found;
    this.#folder = folder ?? '.';
    this.#language = language;
  }

  event(event: CallEvent, call: SimulatedCall): void {
    // whatever comes next, the file is over
    if (event.type === 'play' || event.type === 'reply' || event.type === 'hangup') this.#stop();
    if (event.type !== 'play' || event.missing) return;
    const sound = findSound(this.#folder, event.file, call.channel.language || this.#language);
    if (!sound) return;
    const [program, ...args] = this.#player;
    this.#playing = spawn(program, [...args, sound.path], { stdio: 'ignore' });
    this.#playing.on('error', () => {});
  }

  #stop(): void {
    this.#playing?.kill();
    this.#playing = undefined;
  }
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
