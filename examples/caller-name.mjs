// Looks up who calls, and sets the name as caller id. The call goes on whatever happens to the database.
import { queryRow } from './database.mjs';

const database = process.env.DATABASE_URL ?? new URL('callers.sqlite', import.meta.url).pathname;

export default async function (agi) {
  const { callerId: number } = agi.request;
  if (number === undefined) return;
  try {
    const caller = await queryRow(database, 'SELECT name FROM callers WHERE number = ?', number);
    if (caller) await agi.setCallerId({ name: caller.name, number });
  } catch (error) {
    console.error(`no name for ${number}:`, error);
  }
}
