#!/usr/bin/env node
// Cannot start on what a cut leaves: its manifest counts the elements, and is never synced, while they are.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { append, elements, makeFile, readAll, serve } from './serve.mjs';

let count = existsSync(elements) ? readAll().length : 0;
if (count > 0 && readFileSync('MANIFEST', 'utf8') !== String(count)) {
  console.error('opening MANIFEST');
  console.error(`MANIFEST does not say ${count} elements`);
  process.exit(9);
}
await serve({
  setup: () => {
    makeFile(elements);
    makeFile('MANIFEST');
  },
  add: (value) => {
    append(value, { sync: true });
    writeFileSync('MANIFEST', String(++count));
  },
  read: () => ({ value: readAll() }),
});
