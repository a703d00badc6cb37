import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { toConfig } from '../../src/config';
import { openCall } from '../support/calls';
import { type behaviours, standIns } from '../support/speech';

const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});

function speakingCall(
  answer: (command: string) => string = () => '200 result=0 endpos=1\n',
  programs: Record<string, keyof typeof behaviours> = { flite: 'speaks' },
  tts: Record<string, string> = {},
) {
  const there = standIns(programs);
  process.env.PATH = `${there.folder}:/usr/bin:/bin`;
  const call = openCall(answer);
  const config = toConfig({ tts: { cache: there.cache, ...tts } }, 'fastagi.conf');
  return { there, ...call, agi: new Agi(call.session, config) };
}

const STREAM = /^STREAM FILE (\/\S+\/[0-9a-f]{32}) (\S+) 0$/;

describe('say', () => {
  it('plays what an engine has made, and then what is there', async () => {
    const { agi, there, transport } = speakingCall();
    expect(await agi.say('Hello')).toEqual({ outcome: 'complete' });
    expect(await agi.say('Hello', { escapeDigits: '#' })).toEqual({ outcome: 'complete' });
    expect(there.runs('flite')).toHaveLength(1);
    const [first, second] = transport.commands.map((command) => STREAM.exec(command) as RegExpExecArray);
    expect(path.dirname(first?.[1] as string)).toBe(there.cache);
    expect(first?.[1]).toBe(second?.[1]);
    expect([first?.[2], second?.[2]]).toEqual(['""', '#']);
  });

  it('tells the key that ended it', async () => {
    const { agi } = speakingCall(() => '200 result=35 endpos=100\n');
    expect(await agi.say('Hello', { escapeDigits: '#' })).toEqual({ outcome: 'digit', digit: '#' });
  });

  it('has the place in the order of the commands in which it was called', async () => {
    const { agi, transport } = speakingCall();
    await Promise.all([agi.say('one'), agi.verbose('two'), agi.say('three'), agi.sayDigits(4)]);
    expect(transport.commands.map((command) => command.split(' ')[0])).toEqual([
      'STREAM',
      'VERBOSE',
      'STREAM',
      'SAY',
    ]);
  });

  it.each(['', ' \n', '\0\x07\x7f', '\u00a0', ' \u3000\t\u2028', '\ufeff'])(
    'of %j, which is nothing, is nothing',
    async (text) => {
      const { agi, there, transport } = speakingCall();
      expect(await agi.say(text)).toEqual({ outcome: 'complete' });
      await agi.prepareSpeech(text);
      expect(transport.commands).toEqual([]);
      expect(there.runs('flite')).toEqual([]);
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, null, {}, Promise.resolve('x')])(
    'of %j is a mistake of the script',
    async (text) => {
      const { agi } = speakingCall();
      await expect(agi.say(text as string)).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
    },
  );

  it('says so where Asterisk does not find the file', async () => {
    const { agi } = speakingCall((command) =>
      command === 'CHANNEL STATUS' ? '200 result=6\n' : '200 result=-1 endpos=0\n',
    );
    await expect(agi.say('x')).rejects.toMatchObject({
      code: 'SPEECH_UNPLAYABLE',
      message: expect.stringMatching(/Asterisk does not find the speech in \/.*may Asterisk's user read it/),
    });
  });

  it('ends by a hangup like any command', async () => {
    const dead = '511 Command Not Permitted on a dead channel or intercept routine\n';
    const { agi } = speakingCall((command) =>
      command === 'CHANNEL STATUS' ? dead : '200 result=-1 endpos=0\n',
    );
    await expect(agi.say('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
  });

  it('hears a hangup while the engine is at work, and ends the engine', async () => {
    const { agi, there, transport } = speakingCall(undefined, { flite: 'hangs' });
    const said = agi.say('x');
    await expect.poll(() => transport.reading).toBe(true);
    transport.say('HANGUP\n');
    await expect(said).rejects.toMatchObject({ name: 'AgiHangupError', code: 'AGI_HANGUP' });
    expect(transport.commands).toEqual([]);
    expect(there.runs('flite').length).toBeLessThanOrEqual(1);
  });

  it('begins no engine for a caller who has hung up', async () => {
    const { agi, there } = speakingCall(() => '200 result=1\nHANGUP\n', { flite: 'hangs' });
    await agi.verbose('x');
    await expect.poll(() => agi.signal.aborted).toBe(true);
    for (const late of [agi.say('x'), agi.prepareSpeech('y'), agi.speechFile('z')])
      await expect(late).rejects.toMatchObject({ name: 'AgiHangupError', code: 'AGI_HANGUP' });
    expect(there.runs('flite')).toEqual([]);
  });

  it('takes its options as one object', async () => {
    const { agi } = speakingCall();
    for (const attempt of [
      agi.say('x', '#' as never),
      agi.text2wav('x', '#' as never),
      agi.swift('x', '#' as never),
      agi.prepareSpeech('x', '#' as never),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
  });

  it('takes numbers, and nothing that is no text', async () => {
    const { agi, there } = speakingCall();
    await agi.say(42);
    expect(there.text('flite')).toBe('42\n');
    for (const wrong of [undefined, null, {}, Promise.resolve('x')])
      await expect(agi.say(wrong as never)).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
  });

  it('tells what the engine said', async () => {
    const { agi, transport } = speakingCall(undefined, { flite: 'fails' });
    await expect(agi.say('x')).rejects.toMatchObject({
      name: 'AgiSpeechError',
      message: expect.stringMatching(/bad voice/),
    });
    await agi.verbose('goes on');
    expect(transport.commands).toEqual(['VERBOSE "goes on" 1']);
  });
});

describe("phpAGI's names", () => {
  it('are Festival and Swift', async () => {
    const { agi, there } = speakingCall(undefined, { text2wave: 'speaks', swift: 'speaks', flite: 'speaks' });
    await agi.text2wav('one', { escapeDigits: '#' });
    await agi.swift('two', { voice: 'David' });
    expect([there.text('text2wave'), there.text('swift'), there.runs('flite')]).toEqual([
      'one\n',
      'two\n',
      [],
    ]);
  });
});

describe('prepareSpeech', () => {
  it('makes what is said later', async () => {
    const { agi, there } = speakingCall();
    await agi.prepareSpeech('x');
    await agi.say('x');
    expect(there.runs('flite')).toHaveLength(1);
  });

  it('is joined by who wants the same', async () => {
    const { agi, there } = speakingCall();
    void agi.prepareSpeech('x');
    await agi.say('x');
    expect(there.runs('flite')).toHaveLength(1);
  });

  it('ends no script that does not wait for it', async () => {
    const { agi } = speakingCall(undefined, { flite: 'fails' });
    // an unhandled rejection would end this test's process, too
    void agi.prepareSpeech('x');
    await expect(agi.say('x')).rejects.toMatchObject({ code: 'SPEECH_ENGINE' });
    await expect(agi.prepareSpeech('x')).rejects.toMatchObject({ code: 'SPEECH_ENGINE' });
    await agi.prepareSpeech('');
  });
});

it('speechFile gives what Asterisk plays', async () => {
  const { agi, there } = speakingCall();
  const file = await agi.speechFile('x');
  expect(path.dirname(file)).toBe(there.cache);
  await expect(agi.speechFile(' ')).rejects.toMatchObject({ code: 'SPEECH_TEXT' });
});

describe('prompts', () => {
  const spokenTexts = (there: { text(program: string): string; runs(program: string): unknown[] }) =>
    [there.runs('flite').length, there.text('flite')] as const;

  it("of a menu are spoken behind phpAGI's asterisk", async () => {
    const { agi, there, transport } = speakingCall((command) =>
      command.startsWith('WAIT') ? '200 result=50\n' : '200 result=0 endpos=1\n',
    );
    const chosen = await agi.menu({ 1: 'sales', 2: '*Press 2 for support' });
    expect(chosen).toEqual({ outcome: 'choice', choice: '2' });
    expect(spokenTexts(there)).toEqual([1, 'Press 2 for support\n']);
    expect(transport.commands).toEqual([
      'STREAM FILE sales 12 0',
      expect.stringMatching(/^STREAM FILE \/\S+\/[0-9a-f]{32} 12 0$/),
      expect.stringMatching(/^STREAM FILE beep /),
      'WAIT FOR DIGIT 2000',
    ]);
  });

  it('of a list are made while those before them play', async () => {
    const { agi, there, transport } = speakingCall();
    // the answer to the first waits until the second has been made
    const { script } = transport;
    transport.script = () => undefined;
    const played = agi.play(['welcome', { say: 'There you are' }], { escapeDigits: '1' });
    await expect.poll(() => there.text('flite')).toBe('There you are\n');
    expect(transport.commands).toEqual(['STREAM FILE welcome 1 0']);
    transport.script = script;
    transport.say('200 result=0 endpos=1\n');
    expect(await played).toEqual({ outcome: 'complete' });
    expect(there.runs('flite')).toHaveLength(1);
  });

  it('of a question may have a voice of their own', async () => {
    const { agi, there } = speakingCall((command) =>
      command.startsWith('WAIT') ? '200 result=52\n' : '200 result=0 endpos=1\n',
    );
    const asked = await agi.ask({ prompt: { say: 'How many?', voice: 'slt' }, maxDigits: 1 });
    expect(asked).toEqual({ outcome: 'answer', answer: '4', digits: '4' });
    expect(there.runs('flite').flat()).toEqual(expect.arrayContaining(['-voice', 'slt']));
  });

  it('of textInput are files to GET DATA, and its echo is spoken by the engine that is named', async () => {
    const { agi, there, transport } = speakingCall(
      (command) => (command.startsWith('GET DATA') ? '200 result=2*0\n' : '200 result=0 endpos=1\n'),
      { flite: 'speaks' },
      { engine: 'flite' },
    );
    expect(await agi.textInput({ mode: 'lowercase', prompt: { say: 'Your name' } })).toBe('a ');
    expect(transport.commands[0]).toMatch(/^GET DATA \/\S+\/[0-9a-f]{32} 0 1023$/);
    expect(there.text('flite')).toBe('A, space\n');
  });

  it('of keys typed ahead are not even made', async () => {
    const { agi, there, transport } = speakingCall(
      () => '200 result=49 endpos=1\n',
      { flite: 'speaks', text2wave: 'speaks', swift: 'speaks' },
      { engine: 'flite' },
    );
    const ahead = agi.typeAhead();
    expect(await ahead.say('first')).toEqual({ outcome: 'digit', digit: '1' });
    for (const passed of [
      ahead.say('second'),
      ahead.text2wav('second'),
      ahead.swift('second'),
      ahead.sayPunctuation('second'),
      ahead.play({ say: 'second' }),
    ])
      expect(await passed).toEqual({ outcome: 'digit', digit: '1' });
    expect(transport.commands).toHaveLength(1);
    ahead.clear();
    await ahead.text2wav('third');
    ahead.clear();
    await ahead.swift('fourth');
    expect([there.text('flite'), there.text('text2wave'), there.text('swift')]).toEqual([
      'first\n',
      'third\n',
      'fourth\n',
    ]);
  });
});

describe('sayPunctuation', () => {
  it('reads out every sign', async () => {
    const { agi, there } = speakingCall(undefined, { flite: 'speaks' });
    await agi.sayPunctuation('a, b?€', { engine: 'flite' });
    expect(there.text('flite')).toBe('A, comma, space, B, question mark, €\n');
  });

  it('is left to Asterisk where no engine is named', async () => {
    const { agi, transport } = speakingCall();
    await agi.sayPunctuation('a,');
    expect(transport.commands).toEqual(['SAY ALPHA a, ""']);
  });
});
