/** The library's public names. A script finds its call in the globals; it imports types and errors from here. */
export type { Agi } from './agi/agi';
export type { AudioFormat, CallerAudio } from './agi/caller-audio';
export type { AgiStatus, DialOutcome } from './agi/dialplan-methods';
export type { KeypadMode } from './agi/keypad';
export type { MenuChoices, MenuKey, MenuOptions, MenuOutcome } from './agi/menu';
export type {
  ChannelState,
  CharOutcome,
  ControlOutcome,
  DataOutcome,
  Digit,
  EscapeOptions,
  OptionOutcome,
  PlayOutcome,
  RecordOutcome,
  SayOutcome,
  SpeechOutcome,
  SpeechResult,
  WaitOutcome,
} from './agi/outcome';
export type { Prompt, SpokenPrompt } from './agi/prompt';
export type { AskFailure, AskOptions, AskOutcome, ParsedOptions } from './agi/question';
export type { TypeAhead } from './agi/type-ahead';
export {
  AgiArgumentError,
  AgiCommandError,
  AgiDeadChannelError,
  AgiError,
  AgiHangupError,
  AgiProtocolError,
  AgiSpeechError,
  AgiTimeoutError,
  AgiUnknownCommandError,
  AgiUsageError,
} from './errors';
export type { SpeechOptions } from './tts/speech';
export type { AgiArgument } from './wire/agi-command';
export type { AgiReply } from './wire/agi-reply';
export type { AgiRequest } from './wire/agi-request';
export type { CallerId } from './wire/caller-id';
