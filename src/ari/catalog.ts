// Made by `fastagi ari --describe` from the description that an Asterisk 22.10.1 gives of itself.
// biome-ignore-all format: a program has written it
// biome-ignore-all lint: a program has written it

/** Resource to operation to method, path and parameters: `!` needed, `*` a list, `{}` in the body, `={}` the body, `=x` x where nothing is said. */
export const operations = {
  asterisk: {
    getObject: 'GET /asterisk/config/dynamic/{configClass}/{objectType}/{id}',
    updateObject: 'PUT /asterisk/config/dynamic/{configClass}/{objectType}/{id} fields{}',
    deleteObject: 'DELETE /asterisk/config/dynamic/{configClass}/{objectType}/{id}',
    getInfo: 'GET /asterisk/info only*',
    ping: 'GET /asterisk/ping',
    listModules: 'GET /asterisk/modules',
    getModule: 'GET /asterisk/modules/{moduleName}',
    loadModule: 'POST /asterisk/modules/{moduleName}',
    unloadModule: 'DELETE /asterisk/modules/{moduleName}',
    reloadModule: 'PUT /asterisk/modules/{moduleName}',
    listLogChannels: 'GET /asterisk/logging',
    addLog: 'POST /asterisk/logging/{logChannelName} !configuration',
    deleteLog: 'DELETE /asterisk/logging/{logChannelName}',
    rotateLog: 'PUT /asterisk/logging/{logChannelName}/rotate',
    getGlobalVar: 'GET /asterisk/variable !variable',
    setGlobalVar: 'POST /asterisk/variable !variable value',
  },
  endpoints: {
    list: 'GET /endpoints',
    sendMessage: 'PUT /endpoints/sendMessage !to !from body variables{}',
    refer: 'POST /endpoints/refer !to !from !refer_to to_self variables{}',
    listByTech: 'GET /endpoints/{tech}',
    get: 'GET /endpoints/{tech}/{resource}',
    sendMessageToEndpoint: 'PUT /endpoints/{tech}/{resource}/sendMessage !from body variables{}',
    referToEndpoint: 'POST /endpoints/{tech}/{resource}/refer !from !refer_to to_self variables{}',
  },
  channels: {
    list: 'GET /channels',
    originate: 'POST /channels !endpoint extension context priority label app appArgs callerId timeout variables{} channelId otherChannelId originator formats',
    create: 'POST /channels/create !endpoint !app appArgs channelId otherChannelId originator formats variables{}',
    get: 'GET /channels/{channelId}',
    originateWithId: 'POST /channels/{channelId} !endpoint extension context priority label app appArgs callerId timeout variables{} otherChannelId originator formats',
    hangup: 'DELETE /channels/{channelId} reason_code reason',
    continueInDialplan: 'POST /channels/{channelId}/continue context extension priority label',
    move: 'POST /channels/{channelId}/move !app appArgs',
    redirect: 'POST /channels/{channelId}/redirect !endpoint',
    answer: 'POST /channels/{channelId}/answer',
    ring: 'POST /channels/{channelId}/ring',
    ringStop: 'DELETE /channels/{channelId}/ring',
    progress: 'POST /channels/{channelId}/progress',
    sendDTMF: 'POST /channels/{channelId}/dtmf dtmf before between duration after',
    mute: 'POST /channels/{channelId}/mute direction=both',
    unmute: 'DELETE /channels/{channelId}/mute direction=both',
    hold: 'POST /channels/{channelId}/hold',
    unhold: 'DELETE /channels/{channelId}/hold',
    startMoh: 'POST /channels/{channelId}/moh mohClass',
    stopMoh: 'DELETE /channels/{channelId}/moh',
    startSilence: 'POST /channels/{channelId}/silence',
    stopSilence: 'DELETE /channels/{channelId}/silence',
    play: 'POST /channels/{channelId}/play !media* lang offsetms skipms playbackId',
    playWithId: 'POST /channels/{channelId}/play/{playbackId} !media* lang offsetms skipms',
    record: 'POST /channels/{channelId}/record !name !format maxDurationSeconds maxSilenceSeconds ifExists beep terminateOn',
    getChannelVar: 'GET /channels/{channelId}/variable !variable',
    setChannelVar: 'POST /channels/{channelId}/variable !variable value report_events',
    getChannelVars: 'GET /channels/{channelId}/variables !variables*',
    setChannelVars: 'POST /channels/{channelId}/variables !variables{}',
    snoopChannel: 'POST /channels/{channelId}/snoop spy whisper !app appArgs snoopId',
    snoopChannelWithId: 'POST /channels/{channelId}/snoop/{snoopId} spy whisper !app appArgs',
    dial: 'POST /channels/{channelId}/dial caller timeout',
    rtpstatistics: 'GET /channels/{channelId}/rtp_statistics',
    externalMedia: 'POST /channels/externalMedia channelId !app variables{} external_host encapsulation transport connection_type !format direction data transport_data',
    transfer_progress: 'POST /channels/{channelId}/transfer_progress !states',
  },
  bridges: {
    list: 'GET /bridges',
    create: 'POST /bridges type bridgeId name variables{}',
    createWithId: 'POST /bridges/{bridgeId} type name variables{}',
    get: 'GET /bridges/{bridgeId}',
    destroy: 'DELETE /bridges/{bridgeId}',
    getBridgeVar: 'GET /bridges/{bridgeId}/variable !variable',
    setBridgeVar: 'POST /bridges/{bridgeId}/variable !variable value report_events',
    getBridgeVars: 'GET /bridges/{bridgeId}/variables !variables*',
    setBridgeVars: 'POST /bridges/{bridgeId}/variables !variables{}',
    addChannel: 'POST /bridges/{bridgeId}/addChannel !channel* role absorbDTMF mute inhibitConnectedLineUpdates',
    removeChannel: 'POST /bridges/{bridgeId}/removeChannel !channel*',
    setVideoSource: 'POST /bridges/{bridgeId}/videoSource/{channelId}',
    clearVideoSource: 'DELETE /bridges/{bridgeId}/videoSource',
    startMoh: 'POST /bridges/{bridgeId}/moh mohClass',
    stopMoh: 'DELETE /bridges/{bridgeId}/moh',
    play: 'POST /bridges/{bridgeId}/play !media* announcer_format lang offsetms skipms playbackId',
    playWithId: 'POST /bridges/{bridgeId}/play/{playbackId} !media* announcer_format lang offsetms skipms',
    record: 'POST /bridges/{bridgeId}/record !name !format recorder_format maxDurationSeconds maxSilenceSeconds ifExists beep terminateOn',
  },
  recordings: {
    listStored: 'GET /recordings/stored',
    getStored: 'GET /recordings/stored/{recordingName}',
    deleteStored: 'DELETE /recordings/stored/{recordingName}',
    getStoredFile: 'GET /recordings/stored/{recordingName}/file ->binary',
    copyStored: 'POST /recordings/stored/{recordingName}/copy !destinationRecordingName',
    getLive: 'GET /recordings/live/{recordingName}',
    cancel: 'DELETE /recordings/live/{recordingName}',
    stop: 'POST /recordings/live/{recordingName}/stop',
    pause: 'POST /recordings/live/{recordingName}/pause',
    unpause: 'DELETE /recordings/live/{recordingName}/pause',
    mute: 'POST /recordings/live/{recordingName}/mute',
    unmute: 'DELETE /recordings/live/{recordingName}/mute',
  },
  sounds: {
    list: 'GET /sounds lang format',
    get: 'GET /sounds/{soundId}',
  },
  playbacks: {
    get: 'GET /playbacks/{playbackId}',
    stop: 'DELETE /playbacks/{playbackId}',
    control: 'POST /playbacks/{playbackId}/control !operation',
  },
  deviceStates: {
    list: 'GET /deviceStates',
    get: 'GET /deviceStates/{deviceName}',
    update: 'PUT /deviceStates/{deviceName} !deviceState',
    delete: 'DELETE /deviceStates/{deviceName}',
  },
  mailboxes: {
    list: 'GET /mailboxes',
    get: 'GET /mailboxes/{mailboxName}',
    update: 'PUT /mailboxes/{mailboxName} !oldMessages !newMessages',
    delete: 'DELETE /mailboxes/{mailboxName}',
  },
  events: {
    eventWebsocket: 'GET /events !app* subscribeAll ->websocket',
    userEvent: 'POST /events/user/{eventName} !application source* variables{}',
    claimChannel: 'POST /events/claim !channelId !application',
  },
  applications: {
    list: 'GET /applications',
    get: 'GET /applications/{applicationName}',
    subscribe: 'POST /applications/{applicationName}/subscription !eventSource*',
    unsubscribe: 'DELETE /applications/{applicationName}/subscription !eventSource*',
    filter: 'PUT /applications/{applicationName}/eventFilter filter={}',
  },
} as const;

/** Of each event, which of its fields are things that a handle can stand for. */
export const subjects: Readonly<Record<string, string>> = {
  PlaybackStarted: 'playback:playback',
  PlaybackContinuing: 'playback:playback',
  PlaybackFinished: 'playback:playback',
  RecordingStarted: 'recording:recording',
  RecordingFinished: 'recording:recording',
  RecordingFailed: 'recording:recording',
  ApplicationMoveFailed: 'channel:channel',
  BridgeCreated: 'bridge:bridge',
  BridgeDestroyed: 'bridge:bridge',
  BridgeMerged: 'bridge:bridge bridge:bridge_from',
  BridgeVideoSourceChanged: 'bridge:bridge',
  BridgeBlindTransfer: 'channel:channel channel:replace_channel channel:transferee bridge:bridge',
  BridgeAttendedTransfer: 'channel:transferer_first_leg channel:transferer_second_leg channel:replace_channel channel:transferee channel:transfer_target bridge:transferer_first_leg_bridge bridge:transferer_second_leg_bridge channel:destination_link_first_leg channel:destination_link_second_leg channel:destination_threeway_channel bridge:destination_threeway_bridge',
  ChannelCreated: 'channel:channel',
  ChannelDestroyed: 'channel:channel',
  ChannelEnteredBridge: 'bridge:bridge channel:channel',
  ChannelLeftBridge: 'bridge:bridge channel:channel',
  ChannelStateChange: 'channel:channel',
  ChannelDtmfReceived: 'channel:channel',
  ChannelDialplan: 'channel:channel',
  ChannelCallerId: 'channel:channel',
  ChannelUserevent: 'channel:channel bridge:bridge',
  ChannelHangupRequest: 'channel:channel',
  ChannelVarset: 'channel:channel',
  ChannelHold: 'channel:channel',
  ChannelUnhold: 'channel:channel',
  ChannelToneDetected: 'channel:channel',
  ChannelTalkingStarted: 'channel:channel',
  ChannelTalkingFinished: 'channel:channel',
  Dial: 'channel:caller channel:peer channel:forwarded',
  StasisEnd: 'channel:channel',
  StasisStart: 'channel:channel channel:replace_channel',
  ChannelConnectedLine: 'channel:channel',
  CallBroadcast: 'channel:channel',
  CallClaimed: 'channel:channel',
};

export interface BuildInfo {
  os: string;
  kernel: string;
  options: string;
  machine: string;
  date: string;
  user: string;
}

export interface SystemInfo {
  version: string;
  entity_id: string;
}

export interface SetId {
  user: string;
  group: string;
}

export interface ConfigInfo {
  name: string;
  default_language: string;
  max_channels?: number;
  max_open_files?: number;
  max_load?: number;
  setid: SetId;
}

export interface StatusInfo {
  startup_time: string;
  last_reload_time: string;
}

export interface AsteriskInfo {
  build?: BuildInfo;
  system?: SystemInfo;
  config?: ConfigInfo;
  status?: StatusInfo;
}

export interface AsteriskPing {
  asterisk_id: string;
  ping: string;
  timestamp: string;
}

export interface Module {
  name: string;
  description: string;
  use_count: number;
  status: string;
  support_level: string;
}

export interface LogChannel {
  channel: string;
  type: string;
  status: string;
  configuration: string;
}

export interface Variable {
  value: string;
}

export interface Variables {
  variables: Record<string, unknown>;
}

export interface ConfigTuple {
  attribute: string;
  value: string;
}

export interface Endpoint {
  technology: string;
  resource: string;
  state?: 'unknown' | 'offline' | 'online';
  channel_ids: string[];
}

export interface TextMessage {
  from: string;
  to: string;
  body: string;
  variables?: Record<string, unknown>;
}

export interface Dialed {
}

export interface DialplanCEP {
  context: string;
  exten: string;
  priority: number;
  app_name: string;
  app_data: string;
}

export interface CallerID {
  name: string;
  number: string;
}

export interface RTPstat {
  txcount: number;
  rxcount: number;
  txjitter?: number;
  rxjitter?: number;
  remote_maxjitter?: number;
  remote_minjitter?: number;
  remote_normdevjitter?: number;
  remote_stdevjitter?: number;
  local_maxjitter?: number;
  local_minjitter?: number;
  local_normdevjitter?: number;
  local_stdevjitter?: number;
  txploss: number;
  rxploss: number;
  remote_maxrxploss?: number;
  remote_minrxploss?: number;
  remote_normdevrxploss?: number;
  remote_stdevrxploss?: number;
  local_maxrxploss?: number;
  local_minrxploss?: number;
  local_normdevrxploss?: number;
  local_stdevrxploss?: number;
  rtt?: number;
  maxrtt?: number;
  minrtt?: number;
  normdevrtt?: number;
  stdevrtt?: number;
  local_ssrc: number;
  remote_ssrc: number;
  txoctetcount: number;
  rxoctetcount: number;
  channel_uniqueid: string;
}

export interface Channel {
  id: string;
  protocol_id: string;
  name: string;
  state: 'Down' | 'Rsrved' | 'OffHook' | 'Dialing' | 'Ring' | 'Ringing' | 'Up' | 'Busy' | 'Dialing Offhook' | 'Pre-ring' | 'Unknown';
  caller: CallerID;
  connected: CallerID;
  accountcode: string;
  dialplan: DialplanCEP;
  creationtime: string;
  language: string;
  channelvars?: Record<string, unknown>;
  caller_rdnis?: string;
  tenantid?: string;
}

export interface Bridge {
  id: string;
  technology: string;
  bridge_type: 'mixing' | 'holding';
  bridge_class: string;
  creator: string;
  name: string;
  channels: string[];
  video_mode?: string;
  video_source_id?: string;
  creationtime: string;
  bridgevars?: Record<string, unknown>;
}

export interface StoredRecording {
  name: string;
  format: string;
}

export interface LiveRecording {
  name: string;
  format: string;
  target_uri: string;
  state: 'queued' | 'recording' | 'paused' | 'done' | 'failed' | 'canceled';
  duration?: number;
  talking_duration?: number;
  silence_duration?: number;
  cause?: string;
}

export interface FormatLangPair {
  language: string;
  format: string;
}

export interface Sound {
  id: string;
  text?: string;
  formats: FormatLangPair[];
}

export interface Playback {
  id: string;
  media_uri: string;
  next_media_uri?: string;
  target_uri: string;
  language?: string;
  state: 'queued' | 'playing' | 'continuing' | 'done' | 'failed';
}

export interface DeviceState {
  name: string;
  state: 'UNKNOWN' | 'NOT_INUSE' | 'INUSE' | 'BUSY' | 'INVALID' | 'UNAVAILABLE' | 'RINGING' | 'RINGINUSE' | 'ONHOLD';
}

export interface Mailbox {
  name: string;
  old_messages: number;
  new_messages: number;
}

export interface Message {
  type: string;
  asterisk_id?: string;
}

export interface MissingParams extends Message {
  type: 'MissingParams';
  params: string[];
}

export interface Event extends Message {
  application: string;
  timestamp: string;
}

export interface ContactInfo {
  uri: string;
  contact_status: 'Unreachable' | 'Reachable' | 'Unknown' | 'NonQualified' | 'Removed';
  aor: string;
  roundtrip_usec?: string;
}

export interface Peer {
  peer_status: string;
  cause?: string;
  address?: string;
  port?: string;
  time?: string;
}

export interface DeviceStateChanged extends Event {
  type: 'DeviceStateChanged';
  device_state: DeviceState;
}

export interface PlaybackStarted extends Event {
  type: 'PlaybackStarted';
  playback: Playback;
}

export interface PlaybackContinuing extends Event {
  type: 'PlaybackContinuing';
  playback: Playback;
}

export interface PlaybackFinished extends Event {
  type: 'PlaybackFinished';
  playback: Playback;
}

export interface RecordingStarted extends Event {
  type: 'RecordingStarted';
  recording: LiveRecording;
}

export interface RecordingFinished extends Event {
  type: 'RecordingFinished';
  recording: LiveRecording;
}

export interface RecordingFailed extends Event {
  type: 'RecordingFailed';
  recording: LiveRecording;
}

export interface ApplicationMoveFailed extends Event {
  type: 'ApplicationMoveFailed';
  channel: Channel;
  destination: string;
  args: string[];
}

export interface ApplicationRegistered extends Event {
  type: 'ApplicationRegistered';
}

export interface ApplicationUnregistered extends Event {
  type: 'ApplicationUnregistered';
}

export interface ApplicationReplaced extends Event {
  type: 'ApplicationReplaced';
}

export interface BridgeCreated extends Event {
  type: 'BridgeCreated';
  bridge: Bridge;
}

export interface BridgeDestroyed extends Event {
  type: 'BridgeDestroyed';
  bridge: Bridge;
}

export interface BridgeMerged extends Event {
  type: 'BridgeMerged';
  bridge: Bridge;
  bridge_from: Bridge;
}

export interface BridgeVideoSourceChanged extends Event {
  type: 'BridgeVideoSourceChanged';
  bridge: Bridge;
  old_video_source_id?: string;
}

export interface BridgeBlindTransfer extends Event {
  type: 'BridgeBlindTransfer';
  channel: Channel;
  replace_channel?: Channel;
  transferee?: Channel;
  exten: string;
  context: string;
  result: string;
  is_external: boolean;
  bridge?: Bridge;
}

export interface BridgeAttendedTransfer extends Event {
  type: 'BridgeAttendedTransfer';
  transferer_first_leg: Channel;
  transferer_second_leg: Channel;
  replace_channel?: Channel;
  transferee?: Channel;
  transfer_target?: Channel;
  result: string;
  is_external: boolean;
  transferer_first_leg_bridge?: Bridge;
  transferer_second_leg_bridge?: Bridge;
  destination_type: string;
  destination_bridge?: string;
  destination_application?: string;
  destination_link_first_leg?: Channel;
  destination_link_second_leg?: Channel;
  destination_threeway_channel?: Channel;
  destination_threeway_bridge?: Bridge;
}

export interface ChannelCreated extends Event {
  type: 'ChannelCreated';
  channel: Channel;
}

export interface ChannelDestroyed extends Event {
  type: 'ChannelDestroyed';
  cause: number;
  cause_txt: string;
  tech_cause?: number;
  channel: Channel;
}

export interface ChannelEnteredBridge extends Event {
  type: 'ChannelEnteredBridge';
  bridge: Bridge;
  channel?: Channel;
}

export interface ChannelLeftBridge extends Event {
  type: 'ChannelLeftBridge';
  bridge: Bridge;
  channel: Channel;
}

export interface ChannelStateChange extends Event {
  type: 'ChannelStateChange';
  channel: Channel;
}

export interface ChannelDtmfReceived extends Event {
  type: 'ChannelDtmfReceived';
  digit: string;
  duration_ms: number;
  channel: Channel;
}

export interface ChannelDialplan extends Event {
  type: 'ChannelDialplan';
  channel: Channel;
  dialplan_app: string;
  dialplan_app_data: string;
}

export interface ChannelCallerId extends Event {
  type: 'ChannelCallerId';
  caller_presentation: number;
  caller_presentation_txt: string;
  channel: Channel;
}

export interface ChannelUserevent extends Event {
  type: 'ChannelUserevent';
  eventname: string;
  channel?: Channel;
  bridge?: Bridge;
  endpoint?: Endpoint;
  userevent: Record<string, unknown>;
}

export interface ChannelHangupRequest extends Event {
  type: 'ChannelHangupRequest';
  cause?: number;
  tech_cause?: number;
  soft?: boolean;
  channel: Channel;
}

export interface ChannelVarset extends Event {
  type: 'ChannelVarset';
  variable: string;
  value: string;
  channel?: Channel;
}

export interface ChannelHold extends Event {
  type: 'ChannelHold';
  channel: Channel;
  musicclass?: string;
}

export interface ChannelUnhold extends Event {
  type: 'ChannelUnhold';
  channel: Channel;
}

export interface ChannelToneDetected extends Event {
  type: 'ChannelToneDetected';
  channel: Channel;
}

export interface ChannelTalkingStarted extends Event {
  type: 'ChannelTalkingStarted';
  channel: Channel;
}

export interface ChannelTalkingFinished extends Event {
  type: 'ChannelTalkingFinished';
  channel: Channel;
  duration: number;
}

export interface ContactStatusChange extends Event {
  type: 'ContactStatusChange';
  endpoint: Endpoint;
  contact_info: ContactInfo;
}

export interface PeerStatusChange extends Event {
  type: 'PeerStatusChange';
  endpoint: Endpoint;
  peer: Peer;
}

export interface EndpointStateChange extends Event {
  type: 'EndpointStateChange';
  endpoint: Endpoint;
}

export interface Dial extends Event {
  type: 'Dial';
  caller?: Channel;
  peer: Channel;
  forward?: string;
  forwarded?: Channel;
  dialstring?: string;
  dialstatus: string;
}

export interface StasisEnd extends Event {
  type: 'StasisEnd';
  channel: Channel;
}

export interface StasisStart extends Event {
  type: 'StasisStart';
  args: string[];
  channel: Channel;
  replace_channel?: Channel;
}

export interface TextMessageReceived extends Event {
  type: 'TextMessageReceived';
  message: TextMessage;
  endpoint?: Endpoint;
}

export interface ChannelConnectedLine extends Event {
  type: 'ChannelConnectedLine';
  channel: Channel;
}

export interface ChannelTransfer extends Event {
  type: 'ChannelTransfer';
  state?: string;
  refer_to: ReferTo;
  referred_by: ReferredBy;
}

export interface ReferTo {
  requested_destination: RequiredDestination;
  destination_channel?: Channel;
  connected_channel?: Channel;
  bridge?: Bridge;
}

export interface ReferredBy {
  source_channel: Channel;
  connected_channel?: Channel;
  bridge?: Bridge;
}

export interface RequiredDestination {
  protocol_id?: string;
  destination?: string;
  additional_protocol_params?: AdditionalParam[];
}

export interface AdditionalParam {
  parameter_name: string;
  parameter_value: string;
}

export interface RESTHeader {
  name: string;
  value: string;
}

export interface RESTQueryStringParameter {
  name: string;
  value: string;
}

export interface RESTRequest {
  type: string;
  transaction_id: string;
  request_id: string;
  method: string;
  uri: string;
  content_type?: string;
  query_strings?: RESTQueryStringParameter[];
  message_body?: string;
}

export interface RESTResponse extends Event {
  type: 'RESTResponse';
  transaction_id: string;
  request_id: string;
  status_code: number;
  reason_phrase: string;
  uri: string;
  content_type?: string;
  message_body?: string;
}

export interface CallBroadcast extends Event {
  type: 'CallBroadcast';
  channel: Channel;
  caller?: string;
  called?: string;
}

export interface CallClaimed extends Event {
  type: 'CallClaimed';
  channel: Channel;
  winner_app: string;
}

export interface Application {
  name: string;
  channel_ids: string[];
  bridge_ids: string[];
  endpoint_ids: string[];
  device_names: string[];
  events_allowed: Record<string, unknown>[];
  events_disallowed: Record<string, unknown>[];
}

/** Every event by its type. */
export interface Events {
  MissingParams: MissingParams;
  DeviceStateChanged: DeviceStateChanged;
  PlaybackStarted: PlaybackStarted;
  PlaybackContinuing: PlaybackContinuing;
  PlaybackFinished: PlaybackFinished;
  RecordingStarted: RecordingStarted;
  RecordingFinished: RecordingFinished;
  RecordingFailed: RecordingFailed;
  ApplicationMoveFailed: ApplicationMoveFailed;
  ApplicationRegistered: ApplicationRegistered;
  ApplicationUnregistered: ApplicationUnregistered;
  ApplicationReplaced: ApplicationReplaced;
  BridgeCreated: BridgeCreated;
  BridgeDestroyed: BridgeDestroyed;
  BridgeMerged: BridgeMerged;
  BridgeVideoSourceChanged: BridgeVideoSourceChanged;
  BridgeBlindTransfer: BridgeBlindTransfer;
  BridgeAttendedTransfer: BridgeAttendedTransfer;
  ChannelCreated: ChannelCreated;
  ChannelDestroyed: ChannelDestroyed;
  ChannelEnteredBridge: ChannelEnteredBridge;
  ChannelLeftBridge: ChannelLeftBridge;
  ChannelStateChange: ChannelStateChange;
  ChannelDtmfReceived: ChannelDtmfReceived;
  ChannelDialplan: ChannelDialplan;
  ChannelCallerId: ChannelCallerId;
  ChannelUserevent: ChannelUserevent;
  ChannelHangupRequest: ChannelHangupRequest;
  ChannelVarset: ChannelVarset;
  ChannelHold: ChannelHold;
  ChannelUnhold: ChannelUnhold;
  ChannelToneDetected: ChannelToneDetected;
  ChannelTalkingStarted: ChannelTalkingStarted;
  ChannelTalkingFinished: ChannelTalkingFinished;
  ContactStatusChange: ContactStatusChange;
  PeerStatusChange: PeerStatusChange;
  EndpointStateChange: EndpointStateChange;
  Dial: Dial;
  StasisEnd: StasisEnd;
  StasisStart: StasisStart;
  TextMessageReceived: TextMessageReceived;
  ChannelConnectedLine: ChannelConnectedLine;
  ChannelTransfer: ChannelTransfer;
  RESTResponse: RESTResponse;
  CallBroadcast: CallBroadcast;
  CallClaimed: CallClaimed;
}

export interface AsteriskOperations {
  /** GET /asterisk/config/dynamic/{configClass}/{objectType}/{id} */
  getObject: [{ configClass: string; objectType: string; id: string }, ConfigTuple[]];
  /** PUT /asterisk/config/dynamic/{configClass}/{objectType}/{id} */
  updateObject: [{ configClass: string; objectType: string; id: string; fields?: Record<string, unknown> | undefined }, ConfigTuple[]];
  /** DELETE /asterisk/config/dynamic/{configClass}/{objectType}/{id} */
  deleteObject: [{ configClass: string; objectType: string; id: string }, void];
  /** GET /asterisk/info */
  getInfo: [{ only?: 'build' | 'system' | 'config' | 'status' | readonly ('build' | 'system' | 'config' | 'status')[] | undefined }, AsteriskInfo];
  /** GET /asterisk/ping */
  ping: [{}, AsteriskPing];
  /** GET /asterisk/modules */
  listModules: [{}, Module[]];
  /** GET /asterisk/modules/{moduleName} */
  getModule: [{ moduleName: string }, Module];
  /** POST /asterisk/modules/{moduleName} */
  loadModule: [{ moduleName: string }, void];
  /** DELETE /asterisk/modules/{moduleName} */
  unloadModule: [{ moduleName: string }, void];
  /** PUT /asterisk/modules/{moduleName} */
  reloadModule: [{ moduleName: string }, void];
  /** GET /asterisk/logging */
  listLogChannels: [{}, LogChannel[]];
  /** POST /asterisk/logging/{logChannelName} */
  addLog: [{ logChannelName: string; configuration: string }, void];
  /** DELETE /asterisk/logging/{logChannelName} */
  deleteLog: [{ logChannelName: string }, void];
  /** PUT /asterisk/logging/{logChannelName}/rotate */
  rotateLog: [{ logChannelName: string }, void];
  /** GET /asterisk/variable */
  getGlobalVar: [{ variable: string }, Variable];
  /** POST /asterisk/variable */
  setGlobalVar: [{ variable: string; value?: string | undefined }, void];
}

export interface EndpointsOperations {
  /** GET /endpoints */
  list: [{}, Endpoint[]];
  /** PUT /endpoints/sendMessage */
  sendMessage: [{ to: string; from: string; body?: string | undefined; variables?: Record<string, unknown> | undefined }, void];
  /** POST /endpoints/refer */
  refer: [{ to: string; from: string; refer_to: string; to_self?: boolean | undefined; variables?: Record<string, unknown> | undefined }, void];
  /** GET /endpoints/{tech} */
  listByTech: [{ tech: string }, Endpoint[]];
  /** GET /endpoints/{tech}/{resource} */
  get: [{ tech: string; resource: string }, Endpoint];
  /** PUT /endpoints/{tech}/{resource}/sendMessage */
  sendMessageToEndpoint: [{ tech: string; resource: string; from: string; body?: string | undefined; variables?: Record<string, unknown> | undefined }, void];
  /** POST /endpoints/{tech}/{resource}/refer */
  referToEndpoint: [{ tech: string; resource: string; from: string; refer_to: string; to_self?: boolean | undefined; variables?: Record<string, unknown> | undefined }, void];
}

export interface ChannelsOperations {
  /** GET /channels */
  list: [{}, Channel[]];
  /** POST /channels */
  originate: [{ endpoint: string; extension?: string | undefined; context?: string | undefined; priority?: number | undefined; label?: string | undefined; app?: string | undefined; appArgs?: string | undefined; callerId?: string | undefined; timeout?: number | undefined; variables?: Record<string, unknown> | undefined; channelId?: string | undefined; otherChannelId?: string | undefined; originator?: string | undefined; formats?: string | undefined }, Channel];
  /** POST /channels/create */
  create: [{ endpoint: string; app: string; appArgs?: string | undefined; channelId?: string | undefined; otherChannelId?: string | undefined; originator?: string | undefined; formats?: string | undefined; variables?: Record<string, unknown> | undefined }, Channel];
  /** GET /channels/{channelId} */
  get: [{ channelId: string }, Channel];
  /** POST /channels/{channelId} */
  originateWithId: [{ channelId: string; endpoint: string; extension?: string | undefined; context?: string | undefined; priority?: number | undefined; label?: string | undefined; app?: string | undefined; appArgs?: string | undefined; callerId?: string | undefined; timeout?: number | undefined; variables?: Record<string, unknown> | undefined; otherChannelId?: string | undefined; originator?: string | undefined; formats?: string | undefined }, Channel];
  /** DELETE /channels/{channelId} */
  hangup: [{ channelId: string; reason_code?: string | undefined; reason?: 'normal' | 'busy' | 'congestion' | 'no_answer' | 'timeout' | 'rejected' | 'unallocated' | 'normal_unspecified' | 'number_incomplete' | 'codec_mismatch' | 'interworking' | 'failure' | 'answered_elsewhere' | undefined }, void];
  /** POST /channels/{channelId}/continue */
  continueInDialplan: [{ channelId: string; context?: string | undefined; extension?: string | undefined; priority?: number | undefined; label?: string | undefined }, void];
  /** POST /channels/{channelId}/move */
  move: [{ channelId: string; app: string; appArgs?: string | undefined }, void];
  /** POST /channels/{channelId}/redirect */
  redirect: [{ channelId: string; endpoint: string }, void];
  /** POST /channels/{channelId}/answer */
  answer: [{ channelId: string }, void];
  /** POST /channels/{channelId}/ring */
  ring: [{ channelId: string }, void];
  /** DELETE /channels/{channelId}/ring */
  ringStop: [{ channelId: string }, void];
  /** POST /channels/{channelId}/progress */
  progress: [{ channelId: string }, void];
  /** POST /channels/{channelId}/dtmf */
  sendDTMF: [{ channelId: string; dtmf?: string | undefined; before?: number | undefined; between?: number | undefined; duration?: number | undefined; after?: number | undefined }, void];
  /** POST /channels/{channelId}/mute */
  mute: [{ channelId: string; direction?: 'both' | 'in' | 'out' | undefined }, void];
  /** DELETE /channels/{channelId}/mute */
  unmute: [{ channelId: string; direction?: 'both' | 'in' | 'out' | undefined }, void];
  /** POST /channels/{channelId}/hold */
  hold: [{ channelId: string }, void];
  /** DELETE /channels/{channelId}/hold */
  unhold: [{ channelId: string }, void];
  /** POST /channels/{channelId}/moh */
  startMoh: [{ channelId: string; mohClass?: string | undefined }, void];
  /** DELETE /channels/{channelId}/moh */
  stopMoh: [{ channelId: string }, void];
  /** POST /channels/{channelId}/silence */
  startSilence: [{ channelId: string }, void];
  /** DELETE /channels/{channelId}/silence */
  stopSilence: [{ channelId: string }, void];
  /** POST /channels/{channelId}/play */
  play: [{ channelId: string; media: string | readonly (string)[]; lang?: string | undefined; offsetms?: number | undefined; skipms?: number | undefined; playbackId?: string | undefined }, Playback];
  /** POST /channels/{channelId}/play/{playbackId} */
  playWithId: [{ channelId: string; playbackId: string; media: string | readonly (string)[]; lang?: string | undefined; offsetms?: number | undefined; skipms?: number | undefined }, Playback];
  /** POST /channels/{channelId}/record */
  record: [{ channelId: string; name: string; format: string; maxDurationSeconds?: number | undefined; maxSilenceSeconds?: number | undefined; ifExists?: 'fail' | 'overwrite' | 'append' | undefined; beep?: boolean | undefined; terminateOn?: 'none' | 'any' | '*' | '#' | undefined }, LiveRecording];
  /** GET /channels/{channelId}/variable */
  getChannelVar: [{ channelId: string; variable: string }, Variable];
  /** POST /channels/{channelId}/variable */
  setChannelVar: [{ channelId: string; variable: string; value?: string | undefined; report_events?: boolean | undefined }, void];
  /** GET /channels/{channelId}/variables */
  getChannelVars: [{ channelId: string; variables: string | readonly (string)[] }, Variables];
  /** POST /channels/{channelId}/variables */
  setChannelVars: [{ channelId: string; variables: Record<string, unknown> }, void];
  /** POST /channels/{channelId}/snoop */
  snoopChannel: [{ channelId: string; spy?: 'none' | 'both' | 'out' | 'in' | undefined; whisper?: 'none' | 'both' | 'out' | 'in' | undefined; app: string; appArgs?: string | undefined; snoopId?: string | undefined }, Channel];
  /** POST /channels/{channelId}/snoop/{snoopId} */
  snoopChannelWithId: [{ channelId: string; snoopId: string; spy?: 'none' | 'both' | 'out' | 'in' | undefined; whisper?: 'none' | 'both' | 'out' | 'in' | undefined; app: string; appArgs?: string | undefined }, Channel];
  /** POST /channels/{channelId}/dial */
  dial: [{ channelId: string; caller?: string | undefined; timeout?: number | undefined }, void];
  /** GET /channels/{channelId}/rtp_statistics */
  rtpstatistics: [{ channelId: string }, RTPstat];
  /** POST /channels/externalMedia */
  externalMedia: [{ channelId?: string | undefined; app: string; variables?: Record<string, unknown> | undefined; external_host?: string | undefined; encapsulation?: 'rtp' | 'audiosocket' | 'none' | undefined; transport?: 'udp' | 'tcp' | 'websocket' | undefined; connection_type?: 'client' | 'server' | undefined; format: string; direction?: 'both' | undefined; data?: string | undefined; transport_data?: string | undefined }, Channel];
  /** POST /channels/{channelId}/transfer_progress */
  transfer_progress: [{ channelId: string; states: string }, void];
}

export interface BridgesOperations {
  /** GET /bridges */
  list: [{}, Bridge[]];
  /** POST /bridges */
  create: [{ type?: string | undefined; bridgeId?: string | undefined; name?: string | undefined; variables?: Record<string, unknown> | undefined }, Bridge];
  /** POST /bridges/{bridgeId} */
  createWithId: [{ type?: string | undefined; bridgeId: string; name?: string | undefined; variables?: Record<string, unknown> | undefined }, Bridge];
  /** GET /bridges/{bridgeId} */
  get: [{ bridgeId: string }, Bridge];
  /** DELETE /bridges/{bridgeId} */
  destroy: [{ bridgeId: string }, void];
  /** GET /bridges/{bridgeId}/variable */
  getBridgeVar: [{ bridgeId: string; variable: string }, Variable];
  /** POST /bridges/{bridgeId}/variable */
  setBridgeVar: [{ bridgeId: string; variable: string; value?: string | undefined; report_events?: boolean | undefined }, void];
  /** GET /bridges/{bridgeId}/variables */
  getBridgeVars: [{ bridgeId: string; variables: string | readonly (string)[] }, Variables];
  /** POST /bridges/{bridgeId}/variables */
  setBridgeVars: [{ bridgeId: string; variables: Record<string, unknown> }, void];
  /** POST /bridges/{bridgeId}/addChannel */
  addChannel: [{ bridgeId: string; channel: string | readonly (string)[]; role?: string | undefined; absorbDTMF?: boolean | undefined; mute?: boolean | undefined; inhibitConnectedLineUpdates?: boolean | undefined }, void];
  /** POST /bridges/{bridgeId}/removeChannel */
  removeChannel: [{ bridgeId: string; channel: string | readonly (string)[] }, void];
  /** POST /bridges/{bridgeId}/videoSource/{channelId} */
  setVideoSource: [{ bridgeId: string; channelId: string }, void];
  /** DELETE /bridges/{bridgeId}/videoSource */
  clearVideoSource: [{ bridgeId: string }, void];
  /** POST /bridges/{bridgeId}/moh */
  startMoh: [{ bridgeId: string; mohClass?: string | undefined }, void];
  /** DELETE /bridges/{bridgeId}/moh */
  stopMoh: [{ bridgeId: string }, void];
  /** POST /bridges/{bridgeId}/play */
  play: [{ bridgeId: string; media: string | readonly (string)[]; announcer_format?: string | undefined; lang?: string | undefined; offsetms?: number | undefined; skipms?: number | undefined; playbackId?: string | undefined }, Playback];
  /** POST /bridges/{bridgeId}/play/{playbackId} */
  playWithId: [{ bridgeId: string; playbackId: string; media: string | readonly (string)[]; announcer_format?: string | undefined; lang?: string | undefined; offsetms?: number | undefined; skipms?: number | undefined }, Playback];
  /** POST /bridges/{bridgeId}/record */
  record: [{ bridgeId: string; name: string; format: string; recorder_format?: string | undefined; maxDurationSeconds?: number | undefined; maxSilenceSeconds?: number | undefined; ifExists?: 'fail' | 'overwrite' | 'append' | undefined; beep?: boolean | undefined; terminateOn?: 'none' | 'any' | '*' | '#' | undefined }, LiveRecording];
}

export interface RecordingsOperations {
  /** GET /recordings/stored */
  listStored: [{}, StoredRecording[]];
  /** GET /recordings/stored/{recordingName} */
  getStored: [{ recordingName: string }, StoredRecording];
  /** DELETE /recordings/stored/{recordingName} */
  deleteStored: [{ recordingName: string }, void];
  /** GET /recordings/stored/{recordingName}/file */
  getStoredFile: [{ recordingName: string }, Buffer];
  /** POST /recordings/stored/{recordingName}/copy */
  copyStored: [{ recordingName: string; destinationRecordingName: string }, StoredRecording];
  /** GET /recordings/live/{recordingName} */
  getLive: [{ recordingName: string }, LiveRecording];
  /** DELETE /recordings/live/{recordingName} */
  cancel: [{ recordingName: string }, void];
  /** POST /recordings/live/{recordingName}/stop */
  stop: [{ recordingName: string }, void];
  /** POST /recordings/live/{recordingName}/pause */
  pause: [{ recordingName: string }, void];
  /** DELETE /recordings/live/{recordingName}/pause */
  unpause: [{ recordingName: string }, void];
  /** POST /recordings/live/{recordingName}/mute */
  mute: [{ recordingName: string }, void];
  /** DELETE /recordings/live/{recordingName}/mute */
  unmute: [{ recordingName: string }, void];
}

export interface SoundsOperations {
  /** GET /sounds */
  list: [{ lang?: string | undefined; format?: string | undefined }, Sound[]];
  /** GET /sounds/{soundId} */
  get: [{ soundId: string }, Sound];
}

export interface PlaybacksOperations {
  /** GET /playbacks/{playbackId} */
  get: [{ playbackId: string }, Playback];
  /** DELETE /playbacks/{playbackId} */
  stop: [{ playbackId: string }, void];
  /** POST /playbacks/{playbackId}/control */
  control: [{ playbackId: string; operation: 'restart' | 'pause' | 'unpause' | 'reverse' | 'forward' }, void];
}

export interface DeviceStatesOperations {
  /** GET /deviceStates */
  list: [{}, DeviceState[]];
  /** GET /deviceStates/{deviceName} */
  get: [{ deviceName: string }, DeviceState];
  /** PUT /deviceStates/{deviceName} */
  update: [{ deviceName: string; deviceState: 'NOT_INUSE' | 'INUSE' | 'BUSY' | 'INVALID' | 'UNAVAILABLE' | 'RINGING' | 'RINGINUSE' | 'ONHOLD' }, void];
  /** DELETE /deviceStates/{deviceName} */
  delete: [{ deviceName: string }, void];
}

export interface MailboxesOperations {
  /** GET /mailboxes */
  list: [{}, Mailbox[]];
  /** GET /mailboxes/{mailboxName} */
  get: [{ mailboxName: string }, Mailbox];
  /** PUT /mailboxes/{mailboxName} */
  update: [{ mailboxName: string; oldMessages: number; newMessages: number }, void];
  /** DELETE /mailboxes/{mailboxName} */
  delete: [{ mailboxName: string }, void];
}

export interface EventsOperations {
  /** GET /events */
  eventWebsocket: [{ app: string | readonly (string)[]; subscribeAll?: boolean | undefined }, Message];
  /** POST /events/user/{eventName} */
  userEvent: [{ eventName: string; application: string; source?: string | readonly (string)[] | undefined; variables?: Record<string, unknown> | undefined }, void];
  /** POST /events/claim */
  claimChannel: [{ channelId: string; application: string }, void];
}

export interface ApplicationsOperations {
  /** GET /applications */
  list: [{}, Application[]];
  /** GET /applications/{applicationName} */
  get: [{ applicationName: string }, Application];
  /** POST /applications/{applicationName}/subscription */
  subscribe: [{ applicationName: string; eventSource: string | readonly (string)[] }, Application];
  /** DELETE /applications/{applicationName}/subscription */
  unsubscribe: [{ applicationName: string; eventSource: string | readonly (string)[] }, Application];
  /** PUT /applications/{applicationName}/eventFilter */
  filter: [{ applicationName: string; filter?: Record<string, unknown> | undefined }, Application];
}

export interface Operations {
  asterisk: AsteriskOperations;
  endpoints: EndpointsOperations;
  channels: ChannelsOperations;
  bridges: BridgesOperations;
  recordings: RecordingsOperations;
  sounds: SoundsOperations;
  playbacks: PlaybacksOperations;
  deviceStates: DeviceStatesOperations;
  mailboxes: MailboxesOperations;
  events: EventsOperations;
  applications: ApplicationsOperations;
}
