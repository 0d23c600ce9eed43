/**
 * Reading and writing integers of protocol structs through a Uint32Array over the message's memory: the protocol is in
 * the host's byte order and its fields are aligned, so this is the fastest access there is and makes no garbage. All
 * offsets are in bytes. 64-bit values become numbers, exact up to 2^53; what is larger is rounded and stays larger than
 * any size that a disk of ours can have. Little-endian hosts only (asserted): the halves of 64-bit values lie low, high.
 */
const twoTo32 = 2 ** 32;

if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
  throw new Error('powercut needs a little-endian computer (x86-64 or arm64)');
}

export function readU64(words: Uint32Array, offset: number): number {
  const index = offset >>> 2;
  return words[index]! + words[index + 1]! * twoTo32;
}

export function readI64(words: Uint32Array, offset: number): number {
  const index = offset >>> 2;
  return words[index]! + (words[index + 1]! | 0) * twoTo32;
}

/** Negative values are written as two's complement. */
export function write64(words: Uint32Array, offset: number, value: number): void {
  const index = offset >>> 2;
  words[index] = value;
  words[index + 1] = Math.floor(value / twoTo32);
}
