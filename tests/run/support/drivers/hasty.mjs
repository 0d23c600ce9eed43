#!/usr/bin/env node
// Syncs what it is given, but not what it made in set-up: without its directory it cannot start.
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { serve, syncDirectory } from './serve.mjs';

const wasSetUp = existsSync('is-set-up');
if (wasSetUp && !existsSync('numbers')) {
  console.error('no directory called numbers');
  process.exit(5);
}
await serve({
  setup: () => {
    writeFileSync('is-set-up', '');
    syncDirectory();
    mkdirSync('numbers');
  },
  add: (value) => {
    process.chdir('numbers');
    closeSync(openSync(String(value), 'w'));
    syncDirectory();
    process.chdir('..');
  },
  read: () => ({ value: readdirSync('numbers').map(Number) }),
});
