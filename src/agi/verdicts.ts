/** What a reply that is not plainly good means: that the caller is gone, or that the command has failed by itself. */
import type { AgiReply } from '../wire/agi-reply';
import { commandFailed, hungUpDuring, isHangup, noApplication } from './failures';
import { numberOf } from './outcome';
import type { Ask, Session } from './session';

export async function executed(
  session: Session,
  application: string,
  reply: AgiReply,
  ask: Ask,
): Promise<number> {
  if (reply.result === '-2') throw noApplication(application, reply);
  if (reply.result === '-1') await assertAlive(session, reply, ask);
  return numberOf(reply);
}

export async function isAlive(session: Session, ask: Ask): Promise<boolean> {
  if (session.gone) return false;
  try {
    await ask('CHANNEL STATUS');
    return true;
  } catch (error) {
    if (!isHangup(error)) throw error;
    return false;
  }
}

export async function assertAlive(session: Session, reply: AgiReply, ask: Ask): Promise<void> {
  if (!(await isAlive(session, ask))) throw hungUpDuring(reply);
}

export async function failed(session: Session, command: string, reply: AgiReply, ask: Ask): Promise<never> {
  await assertAlive(session, reply, ask);
  throw commandFailed(command, reply);
}
