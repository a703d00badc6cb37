/** `fastagi listen --async-agi`: calls that the dialplan leaves to the manager, in a process of the server's. */
import { describe, expect, it } from 'vitest';
import { AsyncCall, request } from '../support/async-call';
import { FakeManager, ordinary } from '../support/manager';
import { Resident } from '../support/resident';

const hello = "module.exports = async (agi) => { await agi.setVariable('SAID', agi.request.arguments[0]); };";

async function serve(mode: string, manager: FakeManager): Promise<Resident> {
  return Resident.start({
    files: { 'hello.js': hello },
    listen: `mode = ${mode}\n[asmanager]\nserver = 127.0.0.1:${manager.port}\nusername = jo\nsecret = secret`,
    args: ['--async-agi'],
  });
}

describe('fastagi listen --async-agi', () => {
  it.each(['pool', 'shared'])('runs the script that the dialplan names, in mode %s', async (mode) => {
    const call = new AsyncCall();
    call.reply = () => '200 result=1\n';
    await using manager = await FakeManager.start(call.answer);
    const resident = await serve(mode, manager);
    try {
      await resident.logged(/calls of AGI\(agi:async,SCRIPT\) come from 127\.0\.0\.1:\d+/);
      call.start(manager.client, request('agi_arg_1: hello', 'agi_arg_2: one'));
      await expect.poll(() => call.commands.at(-1)).toBe('ASYNCAGI BREAK');
      expect(call.commands).toEqual(['SET VARIABLE SAID one', 'ASYNCAGI BREAK']);
    } finally {
      resident.child.kill('SIGTERM');
    }
    expect(await resident.ended).toMatchObject({ code: 0 });
    expect(manager.client.actions.at(-1)).toMatchObject({ action: 'Logoff' });
  });

  it('waits for a manager that is not there, says so where it is refused, and serves all the same', async () => {
    await using manager = await FakeManager.start(ordinary('another secret'));
    const resident = await serve('shared', manager);
    try {
      await resident.logged(/no calls of AsyncAGI can be taken: .*does not let user "jo" in/);
    } finally {
      resident.child.kill('SIGTERM');
    }
    expect(await resident.ended).toMatchObject({ code: 0 });
  });

  it('is refused where no manager is configured', async () => {
    const resident = Resident.spawn({ files: { 'hello.js': hello }, args: ['--async-agi'] });
    expect(await resident.ended).toMatchObject({ code: 3 });
  });
});

describe.each(['shared', 'pool'])('agi.manager() in a process of mode %s', (mode) => {
  it('is closed with its call, while the process serves on', async () => {
    await using manager = await FakeManager.start();
    const resident = await Resident.start({
      files: {
        'asks.js':
          'module.exports = async (agi) => { await (await agi.manager()).ping(); await agi.verbose(process.pid); };',
      },
      listen: `mode = ${mode}\nprocesses = 1\n[asmanager]\nserver = 127.0.0.1:${manager.port}\nusername = jo\nsecret = secret`,
    });
    try {
      const [pid] = resident.processes();
      for (const calls of [1, 2, 3]) {
        await expect(resident.call('asks.js')).resolves.toEqual([`VERBOSE ${pid} 1`]);
        await expect
          .poll(() => manager.clients.map((one) => one.actions.at(-1)?.action))
          .toEqual(Array(calls).fill('Logoff'));
      }
    } finally {
      resident.child.kill('SIGTERM');
    }
    expect(await resident.ended).toMatchObject({ code: 0 });
  });
});
