/** Speech recognition, through the engine that Asterisk has loaded (res_speech). */
import type { AgiArgument } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import { optional, succeed } from './command-forms';
import { type Commander, commander } from './commander';
import { checkOptions } from './options';
import { type Digit, endposOf, type SpeechOutcome, type SpeechResult } from './outcome';

export abstract class SpeechCommands {
  abstract readonly [commander]: Commander;

  /** Makes a speech object. @throws AgiCommandError where Asterisk has no such engine */
  speechCreate(engine: string): Promise<void> {
    return this[commander].run('SPEECH CREATE', [engine], (reply) => succeed('SPEECH CREATE', reply));
  }

  /** Sets a setting of the engine's own. */
  speechSet(name: string, value: AgiArgument): Promise<void> {
    return this[commander].run('SPEECH SET', [name, value], (reply) => succeed('SPEECH SET', reply));
  }

  /** Ends the speech object; nothing where there is none. Works after a hangup. */
  speechDestroy(): Promise<void> {
    return this[commander].run('SPEECH DESTROY', [], () => {});
  }

  /** Loads a grammar from a file of Asterisk's machine. */
  speechLoadGrammar(name: string, file: string): Promise<void> {
    return this[commander].run('SPEECH LOAD GRAMMAR', [name, file], (reply) =>
      succeed('SPEECH LOAD GRAMMAR', reply),
    );
  }

  /** Works after a hangup. */
  speechUnloadGrammar(name: string): Promise<void> {
    return this[commander].run('SPEECH UNLOAD GRAMMAR', [name], (reply) =>
      succeed('SPEECH UNLOAD GRAMMAR', reply),
    );
  }

  /** Takes what is said by this grammar, too, from here on. */
  speechActivateGrammar(name: string): Promise<void> {
    return this[commander].run('SPEECH ACTIVATE GRAMMAR', [name], (reply) =>
      succeed('SPEECH ACTIVATE GRAMMAR', reply),
    );
  }

  /** Takes nothing by this grammar any more; it stays loaded. */
  speechDeactivateGrammar(name: string): Promise<void> {
    return this[commander].run('SPEECH DEACTIVATE GRAMMAR', [name], (reply) =>
      succeed('SPEECH DEACTIVATE GRAMMAR', reply),
    );
  }

  /**
   * Plays a prompt and listens.
   * @param options.timeoutSeconds how long to wait for speech behind the prompt; Asterisk counts seconds here
   * @throws AgiCommandError where there is no speech object
   */
  async speechRecognize(
    prompt: string,
    options: { timeoutSeconds?: number | undefined; offsetSamples?: number | undefined } = {},
  ): Promise<SpeechOutcome> {
    checkOptions('speechRecognize', options, { timeoutSeconds: true, offsetSamples: true });
    const { timeoutSeconds = 5, offsetSamples } = options;
    return this[commander].run(
      'SPEECH RECOGNIZE',
      optional(prompt, timeoutSeconds, offsetSamples),
      async (reply, ask): Promise<SpeechOutcome> => {
        const endposSamples = endposOf(reply);
        switch (reply.word) {
          case 'speech':
            return { outcome: 'speech', results: speechResults(reply), endposSamples };
          case 'digit':
            return { outcome: 'digit', digit: reply.fields.digit as Digit, endposSamples };
          case 'timeout':
            return { outcome: 'timeout', endposSamples };
          default:
            return this[commander].failed('SPEECH RECOGNIZE', reply, ask);
        }
      },
    );
  }
}

function speechResults(reply: AgiReply): SpeechResult[] {
  const { fields } = reply;
  return Array.from({ length: Number(fields.results ?? 0) }, (_, at) => ({
    text: fields[`text${at}`] ?? '',
    score: Number(fields[`score${at}`] ?? 0),
    grammar: fields[`grammar${at}`] ?? '',
  }));
}
