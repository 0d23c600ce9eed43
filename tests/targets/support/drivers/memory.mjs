#!/usr/bin/env node
// Keeps a set in memory, one process a client; each ok carries the process's pid. Declares what its arguments say.
import { createInterface } from 'node:readline';

const hello = JSON.parse(process.argv[2] ?? '{}');
const elements = [];

for await (const line of createInterface({ input: process.stdin })) {
  const { id, f, value, settings } = JSON.parse(line);
  if (f === 'hello')
    console.error(
      `settings ${JSON.stringify(settings)} in ${process.cwd()} = ${process.env.POWERCUT_DIRECTORY}`,
    );
  if (f === 'add') elements.push(value);
  const fields = {
    hello,
    read: { value: elements },
    verify: { ok: false, method: 'looking', lines: ['gone'] },
  }[f];
  console.log(JSON.stringify({ id, type: 'ok', value: process.pid, ...fields }));
  if (f === 'close') break;
}
