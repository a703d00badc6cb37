/** A bridge: the place where channels hear each other. */
import { patientOperations } from './carrier';
import { type BridgesOperations, type LiveRecording, operations, type Playback } from './catalog';
import type { AnyEvent } from './events';
import { bindOperations, type Ending, Handle, perform } from './handle';
import { isDoubtful, type PlaybackHandle } from './playback';
import type { RecordingHandle } from './recording';
import { isNotFound } from './refusal';
import type { Bound, RequestOptions } from './resources';

type Given<Name extends keyof BridgesOperations> = BridgesOperations[Name] extends [infer Parameters, unknown]
  ? Omit<Parameters, 'bridgeId'>
  : never;

/** A bridge, in which channels hear each other: the operations that name one have its id already. */
export interface BridgeHandle
  extends Omit<Bound<BridgesOperations, 'bridgeId'>, 'destroy' | 'play' | 'playWithId' | 'record'> {}

const decisive = ['BridgeDestroyed'];

export class BridgeHandle extends Handle {
  readonly kind = 'bridge';
  /** @internal */
  readonly decisive = decisive;

  /** Ends the bridge; who is in it stays in the application. */
  async destroy(parameters: Record<never, never> = {}, options: RequestOptions = {}): Promise<void> {
    await perform(this, 'bridges', 'destroy', { ...parameters, bridgeId: this.id }, options);
    // an application that has nobody in it is not told
    this.end('gone');
  }

  /** As `ChannelHandle.play`, for all who are in the bridge. */
  async play(parameters: Given<'play'>, options: RequestOptions = {}): Promise<PlaybackHandle> {
    const playback = this.host.playback(parameters.playbackId);
    const given = { ...parameters, bridgeId: this.id, playbackId: playback.id };
    await playback.making(() => perform(this, 'bridges', 'play', given, options) as Promise<Playback>);
    playback.watch(this, isDoubtful(given.media) ? 'PlaybackStarted' : undefined);
    return playback;
  }

  /** As `ChannelHandle.record`, of all who are in the bridge. */
  async record(
    parameters: Omit<Given<'record'>, 'name'> & { name?: string | undefined },
    options: RequestOptions = {},
  ): Promise<RecordingHandle> {
    const recording = this.host.recording(parameters.name);
    const given = { ...parameters, bridgeId: this.id, name: recording.id };
    recording.prepare(given.beep ?? false);
    await recording.making(
      () => perform(this, 'bridges', 'record', given, options) as Promise<LiveRecording>,
    );
    recording.watch(this);
    return recording;
  }

  /** @internal */
  override lose(): void {
    this.end('gone');
  }

  /** @internal */
  override turn(
    operation: string,
    { channel, channelId = channel }: Readonly<Record<string, unknown>>,
    options: RequestOptions,
  ): Promise<void> | undefined {
    if (!patientOperations.has(operation)) return undefined;
    const ids = Array.isArray(channelId) ? channelId : String(channelId).split(',');
    return this.quiet(ids, operation, options);
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.get().then(() => true, isNotFound);
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    const { bridge } = event as { bridge?: { id: string } };
    return event.type === 'BridgeDestroyed' && bridge?.id === this.id ? 'gone' : undefined;
  }
}

bindOperations(BridgeHandle.prototype, 'bridges', 'bridgeId', operations.bridges, ['create', 'createWithId']);
