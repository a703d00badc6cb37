// Calls what the database has for the number that was dialled, and where nobody answers, what it has behind that.
import { queryRow } from './database.mjs';

const database = process.env.DATABASE_URL ?? new URL('callers.sqlite', import.meta.url).pathname;
const words = { BUSY: 'vm-isonphone', NOANSWER: 'vm-isunavail' };

export default async function (agi) {
  let number = agi.request.extension;
  for (let hops = 0; number && hops < 5; hops++) {
    const route = await queryRow(database, 'SELECT destination, next FROM routes WHERE number = ?', number);
    if (!route) break;
    const { status } = await agi.dial(route.destination, { timeoutSeconds: 20 });
    if (status === 'ANSWER') return;
    await agi.play(words[status] ?? []);
    number = route.next;
  }
  await agi.play('ss-noservice');
}
