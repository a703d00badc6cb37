// Calls of the script, with no Asterisk and no phone. Time goes on only while a call is awaited: no timeout takes any.
import test from 'node:test';
import { simulate } from 'fastagi/testing';
import extension from '../scripts/extension.ts';

test('a caller types an extension', async () => {
  const call = await simulate(extension, { callerId: '5551234' });
  await call.prompt('vm-extension');
  call.press('1234');
  await call.ended();
  call.expectHeard('vm-extension', 1234).expectVariable('EXTENSION', 1234);
});

test('a caller who types nothing is asked three times', async () => {
  const call = await simulate(extension);
  await call.ended();
  call.expectHeard('vm-extension', 'vm-extension', 'vm-extension', 'vm-goodbye');
  call.expectVariable('EXTENSION', undefined);
});

test('a caller who hangs up is no failure', async () => {
  const call = await simulate(extension);
  await call.prompt('vm-extension');
  call.hangUp();
  await call.ended();
  call.expectVariable('EXTENSION', undefined);
});
