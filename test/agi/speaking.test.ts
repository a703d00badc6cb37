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
) {
  const there = standIns(programs);
  process.env.PATH = `${there.folder}:/usr/bin:/bin`;
  const call = openCall(answer);
  const config = toConfig({ tts: { cache: there.cache } }, 'fastagi.conf');
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

  it('of nothing is nothing', async () => {
    const { agi, transport } = speakingCall();
    expect(await agi.say(' \n')).toEqual({ outcome: 'complete' });
    expect(transport.commands).toEqual([]);
  });

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
