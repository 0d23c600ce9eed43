// More on the disk than may be in memory: writes a file of 2 GiB onto a disk that keeps 256 MiB in memory, syncs the first half,
// reads all of it back past the kernel's cache, cuts, and reads back what a cut leaves. A wrong byte ends the measurement.
import { closeSync, constants, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const chunkBytes = 2 ** 20;
const pageBytes = 4096;
export const memoryBytes = 256 * 2 ** 20;
const chunkCount = 2048;

/** Tells how many MiB a second went each way, and the resident set of the disk process with all of it. */
export async function writeBeyondMemory(control, mountPoint) {
  const path = join(mountPoint, 'large');
  const start = performance.now();
  const file = openSync(path, 'w');
  for (let index = 0; index < chunkCount; index++) {
    writeSync(file, chunk(index), 0, chunkBytes, index * chunkBytes);
    if (index === chunkCount / 2 - 1) fsyncSync(file);
  }
  closeSync(file);
  const written = performance.now();
  syncDirectory(mountPoint);
  const { rssBytes, residentBytes, spilledBytes } = await control.request('stats');
  if (residentBytes > memoryBytes || spilledBytes < chunkCount * chunkBytes - memoryBytes)
    throw new Error(`${residentBytes} bytes are in memory, ${spilledBytes} in the spill`);
  const readingFrom = performance.now();
  expectChunks(path, chunkCount);
  const read = performance.now();
  await cut(control);
  const { size } = statSync(path);
  if (size !== (chunkCount / 2) * chunkBytes) throw new Error(`a cut leaves ${size} bytes`);
  expectChunks(path, chunkCount / 2);
  const perSecond = (ms) => (chunkCount * chunkBytes) / 2 ** 20 / (ms / 1000);
  return {
    writtenMiBs: perSecond(written - start),
    readMiBs: perSecond(read - readingFrom),
    rssMiB: rssBytes / 2 ** 20,
  };
}

/** Each page says where it belongs. */
function chunk(index) {
  const bytes = Buffer.alloc(chunkBytes, index % 251);
  for (let offset = 0; offset < chunkBytes; offset += pageBytes)
    bytes.writeUInt32LE(index * (chunkBytes / pageBytes) + offset / pageBytes, offset);
  return bytes;
}

function expectChunks(path, count) {
  const file = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
  const bytes = Buffer.alloc(chunkBytes);
  for (let index = 0; index < count; index++) {
    const length = readSync(file, bytes, 0, chunkBytes, index * chunkBytes);
    if (length !== chunkBytes || !bytes.equals(chunk(index)))
      throw new Error(`mebibyte ${index} is not what was written`);
  }
  closeSync(file);
}

function syncDirectory(path) {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

async function cut(control) {
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  await control.request('cut', { choice: 'lose-all' });
  await control.request('mount');
}
