/** A call did not go as the test says: the message shows the conversation, with the place marked. */
import { AgiError, type Caused } from '../errors';

/** Something has not happened that the test expects. Its message shows the conversation. */
export class ExpectationError extends AgiError {
  static override readonly kind: string = 'ExpectationError';
  /** The conversation, as the message shows it. */
  readonly conversation: string;

  constructor(message: string, conversation: string, options?: Caused) {
    super('EXPECTATION', `${message}\n\n${conversation}\n`, options);
    this.conversation = conversation;
  }
}
