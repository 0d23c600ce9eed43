#!/usr/bin/env node
// Stands in for SpacetimeDB 2.1, which no registry has: as much of its command line and of its HTTP interface as the target asks
// for, by its source. Says on stderr how it was started and what it was asked. Syncs a transaction before it answers, unless it
// was told that nobody waits for that; a call of a reducer never waits, as in the real one.
void (async () => {
  const { createServer } = await import('node:http');
  const fs = await import('node:fs');
  const { dirname, join } = await import('node:path');

  const args = process.argv.slice(2);
  if (args[0] === '--version') {
    console.log('spacetimedb tool version 2.1.0; spacetimedb-lib version 2.1.0;');
    return;
  }
  const valueOf = (flag) => args[args.indexOf(flag) + 1];
  console.error(`started: ${args.join(' ')}`);

  const data = valueOf('--data-dir');
  for (const name of ['id_ecdsa', 'id_ecdsa.pub'])
    fs.writeFileSync(join(valueOf('--jwt-key-dir'), name), 'key');
  fs.mkdirSync(data, { recursive: true });
  const file = join(data, 'log');
  const log = fs.openSync(file, 'a+');
  for (const directory of [data, dirname(data)]) fs.fsyncSync(fs.openSync(directory, 'r'));
  const whole = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const rows = whole.map((line) => JSON.parse(line));

  const add = (value, tag) => {
    rows.push([rows.length + 1, value, tag]);
    fs.writeSync(log, `${JSON.stringify(rows.at(-1))}\n`);
  };
  const sql = (statement, confirmed) => {
    const [, value, tag] = /^INSERT INTO elements .* VALUES \(0, (\d+), '(.*)'\)$/.exec(statement) ?? [];
    if (tag !== undefined) add(Number(value), tag);
    if (confirmed) fs.fdatasyncSync(log);
    const found = statement.includes('COUNT') ? [[rows.length]] : rows;
    return [
      {
        schema: {},
        rows: tag === undefined ? found : [],
        stats: { rows_inserted: tag === undefined ? 0 : 1 },
      },
    ];
  };

  createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const asked = `${request.method} ${request.url}`;
      console.error(asked);
      if (asked.includes('/sql')) response.end(JSON.stringify(sql(body, !asked.endsWith('confirmed=false'))));
      else if (asked.endsWith('/identity')) response.end(JSON.stringify({ identity: '1', token: 'secret' }));
      else {
        if (asked.includes('/call/')) add(...JSON.parse(body));
        response.end();
      }
    });
  }).listen(Number(valueOf('--listen-addr').split(':')[1]), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
})();
