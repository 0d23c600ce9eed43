// What a small file costs in memory: 100,000 of 12 bytes made on a disk in this process, as the kernel would have it
// (each remembered), dirty and then synced, recorded as a disk that is mounted is; heap and buffers after a garbage collection, divided by their number.
// `node --expose-gc scripts/conformance/file-memory.mjs [--json]`, after `npm run build`.
import { Disk } from '../../dist/disk/disk.js';
import { strict } from '../../dist/disk/profiles/strict.js';
import { clockSince } from '../../dist/mount/disk-clock.js';

const count = 100_000;
const figures = {};
const caller = { pid: 1, uid: 0, gid: 0 };
const disk = new Disk({ profile: strict, clock: clockSince(0), onOp: () => undefined });
disk.beginRecording();
const bytes = Buffer.from('a small file');

const before = held();
const inos = [];
for (let index = 0; index < count; index++) {
  const { ino } = disk.create(caller, 1, `n${index}`, 0o644);
  disk.remember(ino);
  disk.write(caller, ino, 0, bytes);
  inos.push(ino);
}
tell('dirty');
for (const ino of inos) disk.fsync(caller, ino, false);
tell('data synced, name not');
disk.fsyncDirectory(caller, Disk.rootIno);
tell('synced');
disk.forgetAll();
tell('synced, and forgotten by the kernel');
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else for (const [state, each] of Object.entries(figures)) console.log(`${state}: ${each} bytes a file`);

function held() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function tell(state) {
  // The list of inodes is this script's own.
  figures[state] = Math.round((held() - before - 8 * inos.length) / count);
}
