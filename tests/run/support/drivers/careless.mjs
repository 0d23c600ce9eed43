#!/usr/bin/env node
// Never syncs anything.
import { append, elements, makeFile, readAll, serve } from './serve.mjs';

await serve({
  setup: () => makeFile(elements),
  add: (value) => append(value, { sync: false }),
  read: () => ({ value: readAll() }),
});
