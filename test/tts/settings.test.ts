import { describe, expect, it } from 'vitest';
import { defaults, toConfig } from '../../src/config';
import { Speech } from '../../src/tts/speech';

const settingsOf = (tts: Record<string, string>, others: Record<string, Record<string, string>> = {}) =>
  new Speech(toConfig({ ...others, tts }, '/etc/asterisk/fastagi.conf')).settings;

describe('[tts]', () => {
  it('may be left out', () => {
    expect(new Speech(defaults).settings).toMatchObject({
      engine: undefined,
      rate: 1,
      sampleRate: 'both',
      maxCharacters: 4000,
      timeoutMs: 20_000,
      cache: `/var/spool/asterisk/tmp/speech-${process.getuid?.()}`,
      cacheBytes: 200_000_000,
      cacheMs: 30 * 86_400_000,
      url: undefined,
    });
  });

  it('says all of it', () => {
    const secret = '0123456789abcdef';
    expect(
      settingsOf({
        ...{ engine: 'espeak-ng', program: '/opt/espeak', voice: 'en+f3', language: 'en', rate: '1.5' },
        ...{ sample_rate: '16000', max_characters: '100', timeout_seconds: '1.5', cache: '/c/' },
        ...{
          cache_megabytes: '0',
          cache_days: '0',
          url: 'http://[::1]:4580/spoken/',
          url_seconds: '60',
          secret,
        },
      }),
    ).toMatchObject({
      engine: 'espeak-ng',
      programs: { 'espeak-ng': '/opt/espeak' },
      voices: { 'espeak-ng': 'en+f3' },
      voice: undefined,
      language: 'en',
      rate: 1.5,
      sampleRate: 16_000,
      maxCharacters: 100,
      timeoutMs: 1500,
      cache: '/c',
      cacheBytes: 0,
      cacheMs: 0,
      url: 'http://[::1]:4580/spoken',
      urlSeconds: 60,
      secret,
    });
  });

  it("takes PHP's words for nothing, and phpAGI's sections", () => {
    const others = {
      festival: { text2wave: '/usr/bin/text2wave' },
      cepstral: { swift: 'none', voice: 'David' },
    };
    expect(settingsOf({ engine: 'none', voice: '', copy: 'off' }, others)).toMatchObject({
      engine: undefined,
      voice: undefined,
      copy: undefined,
      programs: { festival: '/usr/bin/text2wave', swift: undefined },
      voices: { swift: 'David' },
    });
  });

  const url = { url: 'http://a:1' };
  it.each<[Record<string, string>, string]>([
    [{ rate: '9' }, '[tts] rate is "9", and must be a number from 0.25 to 4'],
    [{ rate: 'fast' }, '[tts] rate is "fast", and must be a number from 0.25 to 4'],
    [{ timeout_seconds: '0' }, '[tts] timeout_seconds is "0", and must be a number from 0.1 to 3600'],
    [{ sample_rate: '44100' }, '[tts] sample_rate is "44100", and must be 8000, 16000 or both'],
    [{ cache: 'spoken' }, '[tts] cache is "spoken", and must be an absolute path'],
    [{ program: '/x' }, '[tts] program is "/x", and must be beside an engine that it is of'],
    [{ url: 'pbx:80' }, '[tts] url is "pbx:80", and must be http://HOST:PORT'],
    [{ url: 'http://a:1/?x=' }, '[tts] url is "http://a:1/?x=", and must be http://HOST:PORT'],
    [url, '[tts] secret is "…", and must be of 16 characters or more for a url'],
    [{ ...url, secret: 'short' }, '[tts] secret is "…", and must be of 16 characters or more for a url'],
    [
      { ...url, sample_rate: 'both' },
      '[tts] sample_rate is "both", and must be 8000 or 16000 beside a url, which is of one file',
    ],
    [
      { ...url, copy: 'x' },
      '[tts] copy is "x", and must be left out where there is a url, which does the same',
    ],
    [{ copy: 'cp' }, '[tts] copy_folder is "", and must be set, as copy and copy_folder need each other'],
    [{ copy_folder: '/x' }, '[tts] copy is "", and must be set, as copy and copy_folder need each other'],
  ])('%j: %s', (tts, message) => {
    expect(() => settingsOf(tts)).toThrow(
      expect.objectContaining({
        code: 'SPEECH_CONFIG',
        message: `/etc/asterisk/fastagi.conf: ${message}`,
      }) as Error,
    );
  });

  it('warns of a key that it does not know', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    settingsOf({ voyce: 'x' });
    expect((await warned).message).toMatch(
      /^\/etc\/asterisk\/fastagi.conf: \[tts\] voyce: there is no such key \(did you mean voice\?\), and it is passed over; known here: engine, /,
    );
  });
});
