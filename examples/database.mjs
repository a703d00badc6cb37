// One question to a database, by its address: a file of SQLite's, mysql://user@host/name or postgres://user@host/name.
// Values are asked for as `?`, and never become part of the question.

export async function queryRow(address, question, ...values) {
  const scheme = /^(\w+):\/\//.exec(address)?.[1] ?? 'sqlite';
  const query = { sqlite, mysql, postgres, postgresql: postgres }[scheme];
  if (!query) throw new Error(`${scheme}:// is no database that this knows: sqlite, mysql, postgres`);
  return query(address, question, values);
}

async function sqlite(address, question, values) {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(address.replace('sqlite://', ''), { readonly: true, fileMustExist: true });
  try {
    return database.prepare(question).get(...values);
  } finally {
    database.close();
  }
}

async function mysql(address, question, values) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: address, connectTimeout: 2000 });
  try {
    const [rows] = await connection.execute(question, values);
    return rows[0];
  } finally {
    await connection.end();
  }
}

async function postgres(address, question, values) {
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: address, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    let number = 0;
    const { rows } = await client.query(
      question.replaceAll('?', () => `$${++number}`),
      values,
    );
    return rows[0];
  } finally {
    await client.end();
  }
}
