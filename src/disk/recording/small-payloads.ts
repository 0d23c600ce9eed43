/**
 * Keeps the bytes of small writes side by side: an array of its own costs ten times what it holds. A slab lives as long as one of its
 * writes does, so slabs are small, and what fills a good part of one gets an array of its own. Bytes that were kept never change.
 */
export interface KeptBytes {
  readonly bytes: Uint8Array;
  /** Where they begin. */
  readonly at: number;
}

const slabSizeBytes = 4096;
const largestInSlabBytes = slabSizeBytes / 4;
const nothing: KeptBytes = { bytes: new Uint8Array(0), at: 0 };

export class SmallPayloads {
  #slab = nothing.bytes;
  #used = 0;

  /** The first and the last of these bytes, one behind the other. */
  keep(bytes: Uint8Array, headLength: number, tailLength: number): KeptBytes {
    const length = headLength + tailLength;
    if (length === 0) return nothing;
    const kept = this.#room(length);
    kept.bytes.set(bytes.subarray(0, headLength), kept.at);
    if (tailLength > 0) kept.bytes.set(bytes.subarray(bytes.length - tailLength), kept.at + headLength);
    return kept;
  }

  #room(length: number): KeptBytes {
    if (length > largestInSlabBytes) return { bytes: new Uint8Array(length), at: 0 };
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(slabSizeBytes);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return { bytes: this.#slab, at };
  }
}
