// What stands on which page of docs/reference, and in which order. All public names come; what is in no section here is
// an error of scripts/reference.mjs.
import path from 'node:path';
import { readDeclaration } from './declarations.mjs';

/**
 * @typedef {{ file: string, entry: string, title: string, intro: string, classes: Shape[], commands?: string[], leftOut?: string[], appendix?: (types: string) => string }} Page
 * `leftOut`: types that are Asterisk's own lists, and longer than a page
 * @typedef {{ name: string, receiver?: string, from?: string, sections: Record<string, string> }} Shape a class, and its members by
 * what they are for; `receiver`: what one calls them on, where the page is mostly about them; `from`: where it is
 * declared, where it is no public name
 */

/** The operations of Asterisk's REST interface, as the catalogue has them. */
function listOperations(types) {
  const { text } = readDeclaration(path.join(types, 'ari/catalog.d.ts'), 'operations');
  const resources = Array.from(
    text.matchAll(/readonly (\w+): \{([^}]*(?:\{\w*\}[^}]*)*?)\n {4}\};/g),
    ([, resource, body]) => {
      const rows = Array.from(
        body.matchAll(/readonly (\w+): '(\S+) (\S+) ?(.*?)';/g),
        ([, name, method, address, words]) => {
          const parameters = words
            .split(' ')
            .filter(Boolean)
            .map((word) => {
              // `direction=both`: what it is where nothing is said
              const bare = word.replace(/=\w+$/, '').replace(/\W/g, '');
              return `\`${bare}\`${word.startsWith('!') ? '' : '?'}`;
            });
          return `| \`${resource}.${name}\` | \`${method} ${address}\` | ${parameters.join(', ')} |`;
        },
      );
      return ['| operation | request | parameters |', '| --- | --- | --- |', ...rows].join('\n');
    },
  );
  return [
    '## Operations',
    'What stands in `{}` in the path is a parameter, too, and always needed. A `?` marks what may be left out.',
    ...resources,
  ].join('\n\n');
}

/** Asterisk's commands, by its own names. */
const commands = [
  ...[
    'ANSWER',
    'ASYNCAGI BREAK',
    'CHANNEL STATUS',
    'CONTROL STREAM FILE',
    'DATABASE DEL',
    'DATABASE DELTREE',
  ],
  ...[
    'DATABASE GET',
    'DATABASE PUT',
    'EXEC',
    'GET DATA',
    'GET FULL VARIABLE',
    'GET OPTION',
    'GET VARIABLE',
    'GOSUB',
  ],
  ...[
    'HANGUP',
    'NOOP',
    'RECEIVE CHAR',
    'RECEIVE TEXT',
    'RECORD FILE',
    'SAY ALPHA',
    'SAY DATE',
    'SAY DATETIME',
  ],
  ...['SAY DIGITS', 'SAY NUMBER', 'SAY PHONETIC', 'SAY TIME', 'SEND IMAGE', 'SEND TEXT', 'SET AUTOHANGUP'],
  ...['SET CALLERID', 'SET CONTEXT', 'SET EXTENSION', 'SET MUSIC', 'SET PRIORITY', 'SET VARIABLE'],
  ...[
    'SPEECH ACTIVATE GRAMMAR',
    'SPEECH CREATE',
    'SPEECH DEACTIVATE GRAMMAR',
    'SPEECH DESTROY',
    'SPEECH LOAD GRAMMAR',
  ],
  ...[
    'SPEECH RECOGNIZE',
    'SPEECH SET',
    'SPEECH UNLOAD GRAMMAR',
    'STREAM FILE',
    'TDD MODE',
    'VERBOSE',
    'WAIT FOR DIGIT',
  ],
];

/** @type {Page[]} */
export const pages = [
  {
    file: 'agi.md',
    entry: 'index.d.ts',
    title: 'The call: `agi`',
    commands,
    intro: `A script finds its call in the globals \`agi\` and \`fastagi\`, or as the argument of the function that it exports.

- \`menu\`, \`ask\`, \`textInput\` and \`play\` of a list are many commands: await those. What "works after a hangup" can tidy
  up in a \`finally\`.
- Options are one object; one that a method does not have is an \`AgiArgumentError\`, and nothing is sent.
- Times are in milliseconds where the name ends in \`Ms\`, positions in samples of 1/8000 s where it ends in \`Samples\`.`,
    classes: [
      {
        name: 'Agi',
        receiver: 'agi',
        sections: {
          'The call itself':
            'request signal answer hangup channelStatus setAutoHangup setAbsoluteTimeout setCallerId parseCallerId setLanguage setAccountCode setMusic',
          'Sounds and text that is spoken':
            'streamFile controlStreamFile play say prepareSpeech speechFile text2wav swift',
          "What Asterisk's recordings say":
            'sayDigits sayNumber sayAlpha sayPhonetic sayPunctuation sayDate sayTime sayDateTime',
          Keys: 'getData getOption waitForDigit ask menu textInput typeAhead',
          'Recordings and the caller’s voice': 'recordFile audio',
          Variables: 'getVariable getFullVariable setVariable setGlobalVariable',
          "Asterisk's database": 'databaseGet databasePut databaseDel databaseDelTree',
          'The dialplan': 'exec dial gosub execAgi goto setContext setExtension setPriority enumLookup',
          'The console, and commands as they are': 'verbose conlog noop send',
          'Text and images': 'sendText receiveText receiveChar sendImage tddMode',
          'Speech recognition':
            'speechCreate speechSet speechLoadGrammar speechActivateGrammar speechRecognize speechDeactivateGrammar speechUnloadGrammar speechDestroy',
          'The manager, ARI, AsyncAGI': 'manager ari asyncAgiBreak',
        },
      },
      {
        name: 'TypeAhead',
        sections: {
          'Keys typed ahead: `agi.typeAhead()`':
            'digits take clear waitForDigit getData menu ask play streamFile say text2wav swift sayDigits sayNumber sayAlpha sayPhonetic sayPunctuation sayDate sayTime sayDateTime',
        },
      },
    ],
  },
  {
    file: 'ami.md',
    entry: 'ami/index.d.ts',
    title: 'The manager: `fastagi/ami`',
    leftOut: ['AmiActions', 'AmiEvents'],
    intro: `\`Ami.connect(options)\`, or \`await agi.manager()\` in a call script. How it is used is told in [ami.md](../ami.md). Every
action of Asterisk's goes by \`action\` and \`list\`, with the names of its fields checked by the types; those that phpAGI's
class has, and some more, have methods of their own.`,
    classes: [
      {
        name: 'Ami',
        receiver: 'ami',
        sections: {
          'The connection': 'connect address state version counts ready onState close',
          'Any action': 'action list listStream ask',
          Events: 'on events setEvents addFilter',
          Channels:
            'originate channels status hangup absoluteTimeout redirect attendedTransfer blindTransfer playDtmf getVariable setVariable setCdrUserField parkedCalls',
          Recording: 'mixMonitor stopMixMonitor muteMixMonitor',
          Queues: 'queueStatus queueSummary queueAdd queueRemove queuePause queueReload',
          'Extensions, mailboxes, devices':
            'extensionState mailboxCount mailboxStatus pjsipEndpoints pjsipEndpoint sipPeers iaxPeers',
          "Asterisk's database": 'databaseGet databasePut databaseDel',
          'The console': 'command ping listCommands',
          DAHDI: 'dahdiShowChannels dahdiDialOffhook dahdiHangup dahdiTransfer dahdiDndOn dahdiDndOff',
          AsyncAGI: 'asyncAgi',
        },
      },
      {
        name: 'EventStream',
        sections: { 'Events that wait': 'next return dropped size awaited' },
      },
      { name: 'AmiMessage', sections: { Messages: 'get all headers text toJSON' } },
    ],
  },
  {
    file: 'ari.md',
    entry: 'ari/index.d.ts',
    appendix: listOperations,
    title: 'The REST interface: `fastagi/ari`',
    intro: `\`new Ari(options)\`, or \`agi.ari()\` in a call script. How it is used is told in [ari.md](../ari.md). Beside what stands here
there is a method for each of [Asterisk's operations](#operations), \`ari.channels.originate({ … })\`. A handle has those that
name it, without its id: \`channel.answer()\`; \`Given<'play'>\` are the parameters of the operation \`play\`. The types of what
operations take and give, and of all events, are exported by Asterisk's own names (\`Channel\`, \`StasisStart\` …).`,
    classes: [
      {
        name: 'Ari',
        receiver: 'ari',
        sections: {
          'The client': 'start close state address applicationNames counts onState onGap',
          'Calls and events': 'onCall on stream',
          'Things with a life of their own': 'channel bridge playback recording',
          'Any request': 'request',
        },
      },
      {
        name: 'ChannelHandle',
        sections: {
          'A channel: `ari.channel()`': 'create dial play record collect openMedia hangup',
        },
      },
      {
        name: 'BridgeHandle',
        sections: { 'A bridge: `ari.bridge()`': 'play record destroy' },
      },
      {
        name: 'PlaybackHandle',
        sections: { 'What plays: `ari.playback()`': 'finished stop ended' },
      },
      {
        name: 'RecordingHandle',
        sections: {
          'A recording: `ari.recording()`': 'finished cancel ended',
        },
      },
      {
        name: 'Handle',
        from: 'ari/handle.d.ts',
        sections: { 'What these four have in common': 'id on next ended ending signal release' },
      },
      {
        name: 'MediaSocket',
        sections: {
          'A channel’s audio: `openMedia()`': 'format frameBytes droppedBytes played flush hangup',
        },
      },
      {
        name: 'AriServer',
        sections: { 'Where Asterisk connects to us: `AriServer`': 'listen port clients close' },
      },
      { name: 'EventStream', sections: { 'Events that wait': 'next return dropped size awaited' } },
    ],
  },
  {
    file: 'testing.md',
    entry: 'testing/index.d.ts',
    title: 'Tests: `fastagi/testing`',
    intro:
      'How calls are tested is told in [testing.md](../testing.md), and what of Asterisk is played in [call.md](../call.md).',
    classes: [
      {
        name: 'TestCall',
        receiver: 'call',
        sections: {
          'What the caller does': 'press hangUp sendText',
          'Going on': 'prompt saying command listening pass ended failed close',
          'What is expected':
            'expectHeard expectPlayed expectSaid expectVariable expectGoesTo expectStatus expectCommand',
          'What the caller has heard and done': 'heard played said missing keys recordings texts',
          'What the script has done':
            'commands applications subroutines verbose variables globals database callerId language goesTo',
          'How it went':
            'answered hungUp status exitCode failure log warnings durationMs events conversation',
        },
      },
    ],
  },
];
