#!/usr/bin/env node
// Makes its file with the first add and syncs it each time, but never the directory that holds its name.
import { append, readAll, serve } from './serve.mjs';

await serve({
  add: (value) => append(value, { sync: true }),
  read: () => ({ value: readAll() }),
});
