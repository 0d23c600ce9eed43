#!/usr/bin/env node
// Keeps its word, and ends by itself with exit code 7 after every 20 adds.
import { append, elements, makeFile, readAll, serve } from './serve.mjs';

let adds = 0;
await serve({
  setup: () => makeFile(elements),
  add: (value) => {
    if (++adds > 20) {
      console.error('I have seen enough');
      process.exit(7);
    }
    append(value, { sync: true });
  },
  read: () => ({ value: readAll() }),
});
