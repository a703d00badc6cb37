import { describe, expect, it } from 'vitest';
import { encodeRequest } from '../../src/wire/agi-request-encoder';
import { RequestDecoder } from '../../src/wire/request-decoder';

const fields = {
  networkScript: undefined,
  request: 'hello.js',
  channel: 'PJSIP/alice-00000001',
  language: 'en',
  type: 'PJSIP',
  uniqueId: '1700000000.1',
  version: '22.10.1',
  callerId: '5551234',
  callerIdName: undefined,
  callingPres: 0,
  dnid: undefined,
  rdnis: undefined,
  context: 'default',
  extension: 's',
  priority: 1,
  enhanced: false,
  accountCode: '',
  threadId: '140',
  arguments: [],
};

const rest = `agi_request: hello.js
agi_channel: PJSIP/alice-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: 1700000000.1
agi_version: 22.10.1
agi_callerid: 5551234
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: unknown
agi_rdnis: unknown
agi_context: default
agi_extension: s
agi_priority: 1
agi_enhanced: 0.0
agi_accountcode: 
agi_threadid: 140
`;

describe('the request', () => {
  it('of classic AGI', () => expect(encodeRequest(fields)).toBe(`${rest}\n`));

  it('of FastAGI, with arguments', () => {
    expect(encodeRequest({ ...fields, networkScript: 'a?b=c', arguments: ['one', 'two words'] })).toBe(
      `agi_network: yes\nagi_network_script: a?b=c\n${rest}agi_arg_1: one\nagi_arg_2: two words\n\n`,
    );
  });

  it('of FastAGI without a script', () => {
    expect(encodeRequest({ ...fields, networkScript: '' })).toBe(`agi_network: yes\n${rest}\n`);
  });

  it('is read by the decoder', () => {
    const decoder = new RequestDecoder();
    const lines = encodeRequest({ ...fields, networkScript: 'x' }).split('\n');
    expect(lines.map((line) => decoder.push(line)).indexOf(true)).toBe(lines.length - 2);
  });
});
