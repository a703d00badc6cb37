/** The classes of handles, with the operations of the table that their client has. */
import { BridgeHandle } from './bridge';
import { ChannelHandle } from './channel';
import { bindOperations } from './handle';
import { PlaybackHandle } from './playback';
import { RecordingHandle } from './recording';
import type { OperationTable } from './resources';

export interface HandleTypes {
  readonly channel: typeof ChannelHandle;
  readonly bridge: typeof BridgeHandle;
  readonly playback: typeof PlaybackHandle;
  readonly recording: typeof RecordingHandle;
}

/** @param table of a server of another version; undefined for the one that is built in */
export function handleTypes(table: OperationTable | undefined): HandleTypes {
  if (!table) {
    return {
      channel: ChannelHandle,
      bridge: BridgeHandle,
      playback: PlaybackHandle,
      recording: RecordingHandle,
    };
  }
  const types = {
    channel: class OwnChannelHandle extends ChannelHandle {},
    bridge: class OwnBridgeHandle extends BridgeHandle {},
    playback: class OwnPlaybackHandle extends PlaybackHandle {},
    recording: class OwnRecordingHandle extends RecordingHandle {},
  };
  bindOperations(types.channel.prototype, 'channels', 'channelId', table.channels ?? {});
  bindOperations(types.bridge.prototype, 'bridges', 'bridgeId', table.bridges ?? {});
  bindOperations(types.playback.prototype, 'playbacks', 'playbackId', table.playbacks ?? {});
  bindOperations(types.recording.prototype, 'recordings', 'recordingName', table.recordings ?? {});
  return types;
}
