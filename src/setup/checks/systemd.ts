/** A service and a socket of systemd's: whether they run, and will when the machine starts. */
import type { Findings } from '../findings';
import type { Service } from '../service';
import type { Survey } from '../survey';

export async function checkUnit(found: Findings, survey: Survey, service: Service): Promise<void> {
  const { machine } = survey;
  const { service: unit, socket } = service.unit ?? {};
  const names = [socket?.name, unit?.name].filter((name) => name !== undefined);
  const [first = ''] = names;
  const systemctl = machine.program('systemctl');
  if (!machine.isLive) {
    found.ok(`systemd is to serve by ${names.join(' and ')}, as user ${service.user}`);
    return;
  }
  if (machine.stat('/run/systemd/system') === undefined || systemctl === undefined) {
    found.skipped(`${service.place} is there, and systemd does not run on this machine`);
    return;
  }
  const properties = 'Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,Result';
  const { output, problem } = await machine.run(systemctl, ['show', `--property=${properties}`, ...names]);
  if (problem !== undefined) {
    found.skipped(`systemctl show ${names.join(' ')} ${problem}`);
    return;
  }
  const states = output
    .trim()
    .split(/\n\n+/)
    .map((block) => new Map(block.split('\n').map((line) => line.split('=', 2) as [string, string])));
  const state = (name: string | undefined) => states.find((each) => each.get('Id') === name);
  const active = names.filter((name) => state(name)?.get('ActiveState') === 'active');
  if (!service.enabled && active.length === 0 && survey.services.some(({ enabled }) => enabled)) {
    found.skipped(`${service.place} is turned off`);
    return;
  }
  const before = found.list.length;
  if (states.some((each) => each.get('NeedDaemonReload') === 'yes')) {
    found.warning(
      `a file of ${names.join(' or ')} was changed, and systemd has not read it again`,
      `systemctl daemon-reload && systemctl restart ${names.join(' ')}`,
    );
  }
  const failed = names.find((name) => state(name)?.get('ActiveState') === 'failed');
  if (failed !== undefined) {
    found.failure(
      `${failed} has failed (${state(failed)?.get('Result')})`,
      `journalctl -u ${failed} -n 20, mend what it says, and then: systemctl reset-failed ${failed} && systemctl start ${first}`,
    );
  } else if (!active.includes(first)) {
    found.failure(`${first} does not run`, `systemctl enable --now ${first}`);
  }
  if (active.includes(first) && state(first)?.get('UnitFileState') === 'disabled')
    found.warning(`${first} runs, and will not after a restart of the machine`, `systemctl enable ${first}`);
  if (found.list.length === before) {
    found.ok(`systemd serves by ${active.join(' and ')}, as user ${service.user}`);
  }
}
