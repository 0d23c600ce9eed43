#!/usr/bin/env node
// Keeps its word: each add is synced before it is acknowledged. Says a line to its log.
import { append, elements, makeFile, readAll, serve } from './serve.mjs';

await serve({
  hello: () => console.error('I keep my word'),
  setup: () => makeFile(elements),
  add: (value) => append(value, { sync: true }),
  read: () => ({ value: readAll() }),
});
