/** `import type {} from 'fastagi/globals'` gives a script the types of its globals. */
import type { Agi } from './agi/agi';

declare global {
  /** The call that this script serves. */
  var agi: Agi;
  /** The call that this script serves, by phpAGI's name. */
  var fastagi: Agi;
}
