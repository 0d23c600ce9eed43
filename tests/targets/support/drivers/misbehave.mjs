#!/usr/bin/env node
// Behaves until it is asked for argv[2] ("hello", "setup", "read", "add"), then does argv[3].
import { createInterface } from 'node:readline';

const [, , trigger, deed, detail] = process.argv;

for await (const line of createInterface({ input: process.stdin })) {
  const { id, f } = JSON.parse(line);
  if (f === trigger) {
    console.error(`now I ${deed}`);
    if (deed === 'exit') process.exit(Number(detail));
    if (deed === 'babble') console.log('Listening on port 80');
    if (deed === 'answer') console.log(JSON.stringify({ id, ...JSON.parse(detail) }));
    // Otherwise it says nothing, for ever.
    continue;
  }
  console.log(JSON.stringify({ id, type: 'ok', ...(f === 'read' ? { value: [] } : {}) }));
  if (f === 'close') break;
}
