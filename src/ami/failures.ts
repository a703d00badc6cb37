/** What Asterisk's refusals mean. */
import { AmiActionError } from '../ami-errors';
import type { AmiResponse } from '../wire/ami-message';

/** Some lists that are empty are answered as errors: `No endpoints found`, `No active conferences.` */
export const emptyListReason = /^No (?:[\w-]+ )+found\b|^No active conferences\b/i;

/** An answer that says no, as an error. */
export function refusedAction(action: string, response: AmiResponse): AmiActionError {
  const reason = (response.get('Message') ?? '').trim() || 'Asterisk gives no reason';
  if (/^Invalid\/unknown command/i.test(reason)) {
    const text = `this Asterisk does not know the action ${action}: is it misspelt, or the module that has it not loaded?`;
    return new AmiActionError('AMI_UNKNOWN_ACTION', text, action, response);
  }
  if (/^Permission denied/i.test(reason)) {
    const text = `this user may not do ${action}: its write line in manager.conf lacks the class that the action needs`;
    return new AmiActionError('AMI_PERMISSION', text, action, response);
  }
  if (/shutting down/i.test(reason)) {
    const text = `Asterisk is shutting down, and does not do ${action}`;
    return new AmiActionError('AMI_SHUTTING_DOWN', text, action, response);
  }
  return new AmiActionError('AMI_ACTION', `${action}: ${reason}`, action, response);
}
