import { describe, expect, it } from 'vitest';
import { encodeMediaCommand, parseMediaMessage } from '../../src/wire/media-message';

describe('parseMediaMessage', () => {
  it.each([
    [
      'MEDIA_START connection_id:1-2 channel:WebSocket/INCOMING/0x7f format:slin16 optimal_frame_size:640 ptime:20',
      'MEDIA_START',
      {
        connection_id: '1-2',
        channel: 'WebSocket/INCOMING/0x7f',
        format: 'slin16',
        optimal_frame_size: '640',
        ptime: '20',
      },
    ],
    ['{"event":"MEDIA_START","format":"ulaw","ptime":20}', 'MEDIA_START', { format: 'ulaw', ptime: '20' }],
    ['MEDIA_XOFF', 'MEDIA_XOFF', {}],
    ['MEDIA_BUFFERING_COMPLETED 7', 'MEDIA_BUFFERING_COMPLETED', { correlation_id: '7' }],
    [
      '{"event":"MEDIA_BUFFERING_COMPLETED","correlation_id":"7"}',
      'MEDIA_BUFFERING_COMPLETED',
      { correlation_id: '7' },
    ],
  ])('%s', (text, event, fields) => {
    expect(parseMediaMessage(text)).toEqual({ event, fields, isJson: text.startsWith('{') });
  });

  it.each(['', 'hello', '{"type":"x"}', '{', 'MEDIA_START\0'])('refuses %j', (text) => {
    expect(() => parseMediaMessage(text)).toThrow(expect.objectContaining({ code: 'ARI_MEDIA' }));
  });
});

describe('encodeMediaCommand', () => {
  it.each([
    ['FLUSH_MEDIA', false, undefined, 'FLUSH_MEDIA'],
    ['STOP_MEDIA_BUFFERING', false, '7', 'STOP_MEDIA_BUFFERING 7'],
    ['FLUSH_MEDIA', true, undefined, '{"command":"FLUSH_MEDIA"}'],
    ['STOP_MEDIA_BUFFERING', true, '7', '{"command":"STOP_MEDIA_BUFFERING","correlation_id":"7"}'],
  ] as const)('%s, as JSON: %s, %s', (command, isJson, id, text) => {
    expect(encodeMediaCommand(command, isJson, id)).toBe(text);
  });
});
