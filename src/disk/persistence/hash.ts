/** Hashes that can be summed, so that an image's hash costs what differs from its neighbour: 64 bits in two halves. */

export interface Hash {
  readonly a: number;
  readonly b: number;
}

export const zeroHash: Hash = { a: 0, b: 0 };

export function plus(x: Hash, y: Hash): Hash {
  return { a: (x.a + y.a) | 0, b: (x.b + y.b) | 0 };
}

export function minus(x: Hash, y: Hash): Hash {
  return { a: (x.a - y.a) | 0, b: (x.b - y.b) | 0 };
}

/** Order matters: mixing is no sum. */
export function mix(x: Hash, y: Hash): Hash {
  return { a: finish(Math.imul(x.a, 31) ^ y.a, 0x9e3779b1), b: finish(Math.imul(x.b, 33) ^ y.b, 0x85ebca77) };
}

export function hashNumber(value: number): Hash {
  const low = value | 0;
  const high = Math.floor(value / 2 ** 32) | 0;
  return {
    a: finish(low ^ Math.imul(high, 7), 0x27d4eb2f),
    b: finish(low ^ Math.imul(high, 11), 0x165667b1),
  };
}

export function hashText(text: string): Hash {
  let a = text.length;
  let b = ~text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b, 0x5bd1e995) ^ code;
  }
  return { a: finish(a, 0x9e3779b1), b: finish(b, 0x85ebca77) };
}

/** Zeros at the end count for nothing: a hole is as good as a page of them. */
export function hashBytes(bytes: Uint8Array, length = bytes.length): Hash {
  let end = Math.min(length, bytes.length);
  while (end > 0 && bytes[end - 1] === 0) end--;
  if (end <= 0) return zeroHash;
  let a = end;
  let b = ~end;
  const words = new DataView(bytes.buffer, bytes.byteOffset, end);
  const tail = end & ~3;
  for (let index = 0; index < tail; index += 4) {
    const word = words.getInt32(index, true);
    a = stir(a ^ word, 0xcc9e2d51);
    b = stir(b, 0x5bd1e995) ^ word;
  }
  for (let index = tail; index < end; index++) {
    a = stir(a ^ bytes[index]!, 0xcc9e2d51);
    b = stir(b, 0x5bd1e995) ^ bytes[index]!;
  }
  return { a: finish(a, 0x9e3779b1), b: finish(b, 0x85ebca77) };
}

/** A key for sets and maps. */
export function hashKey({ a, b }: Hash): string {
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}

/** High bits come down again: a product alone never lets them act on lower ones. */
function stir(value: number, multiplier: number): number {
  const product = Math.imul(value, multiplier);
  return product ^ (product >>> 15);
}

function finish(value: number, multiplier: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 15), multiplier);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
