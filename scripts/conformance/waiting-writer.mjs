// A program on a disk that writes 4 KiB about every millisecond, and knows how long it had to wait: `node waiting-writer.mjs FILE`, with
// a channel to its parent. It answers each message with the longest wait since the last one, in milliseconds.
import { openSync, writeSync } from 'node:fs';

const descriptor = openSync(process.argv[2], 'w');
const bytes = Buffer.alloc(4096, 'w');
let longestMs = 0;

process.on('message', () => {
  process.send(longestMs);
  longestMs = 0;
});
process.on('disconnect', () => process.exit());

function write() {
  const start = performance.now();
  writeSync(descriptor, bytes, 0, bytes.length, 0);
  longestMs = Math.max(longestMs, performance.now() - start);
  setTimeout(write, 1);
}

write();
