/**
 * A number by inode, in chunks: numbers of inodes are dense, so that one costs a few bytes where an entry of a Map costs
 * forty. As a Map otherwise. Numbers must not be negative.
 */
const chunkLength = 128;
const absent = -1;

interface Chunk {
  readonly numbers: number[];
  count: number;
}

export class NumberTable {
  #chunks = new Map<number, Chunk>();
  #size = 0;
  /** A chunk that got empty, to be used again: a table of one number, which comes and goes, makes none. */
  #spare: Chunk | undefined;

  get size(): number {
    return this.#size;
  }

  get(ino: number): number | undefined {
    const found = this.#chunks.get(Math.floor(ino / chunkLength))?.numbers[ino % chunkLength] ?? absent;
    return found === absent ? undefined : found;
  }

  has(ino: number): boolean {
    return this.get(ino) !== undefined;
  }

  set(ino: number, value: number): void {
    const chunk = this.#chunk(Math.floor(ino / chunkLength));
    const slot = ino % chunkLength;
    if (chunk.numbers[slot] === absent) {
      chunk.count++;
      this.#size++;
    }
    chunk.numbers[slot] = value;
  }

  delete(ino: number): void {
    const index = Math.floor(ino / chunkLength);
    const chunk = this.#chunks.get(index);
    const slot = ino % chunkLength;
    if (chunk === undefined || chunk.numbers[slot] === absent) return;
    chunk.numbers[slot] = absent;
    this.#size--;
    if (--chunk.count > 0) return;
    this.#chunks.delete(index);
    this.#spare = chunk;
  }

  clear(): void {
    if (this.#size > 0) this.#chunks.clear();
    this.#size = 0;
  }

  /** The inodes that have one, in the order of chunks. */
  inodes(): number[] {
    const inos: number[] = [];
    for (const [index, { numbers }] of this.#chunks) {
      for (let slot = 0; slot < chunkLength; slot++)
        if (numbers[slot] !== absent) inos.push(index * chunkLength + slot);
    }
    return inos;
  }

  clone(): NumberTable {
    const copy = new NumberTable();
    for (const [index, { numbers, count }] of this.#chunks)
      copy.#chunks.set(index, { numbers: numbers.slice(), count });
    copy.#size = this.#size;
    return copy;
  }

  #chunk(index: number): Chunk {
    const found = this.#chunks.get(index);
    if (found !== undefined) return found;
    const chunk = this.#spare ?? { numbers: new Array<number>(chunkLength).fill(absent), count: 0 };
    this.#spare = undefined;
    this.#chunks.set(index, chunk);
    return chunk;
  }
}
