#!/usr/bin/env node
// Keeps its word; after 10 adds it answers nothing any more. Once it was started again it behaves.
import { existsSync } from 'node:fs';
import { append, elements, makeFile, readAll, serve, silence } from './serve.mjs';

const isCured = existsSync('hung');
let adds = 0;
let hangs = false;
await serve({
  setup: () => makeFile(elements),
  add: (value) => {
    if (!isCured && !hangs && ++adds > 10) {
      makeFile('hung');
      hangs = true;
    }
    return hangs ? silence : append(value, { sync: true });
  },
  read: () => (hangs ? silence : { value: readAll() }),
});
