/**
 * A set of page numbers, a bit each: of a file that is written from end to end a number stands for thirty pages, of one that is
 * written here and there a number for one, as in any other set.
 */

/** So many bits fit a number that V8 keeps without a box of its own. */
const bitsPerWord = 30;

export class PageBits {
  #words = new Map<number, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(page: number): boolean {
    const word = Math.floor(page / bitsPerWord);
    return ((this.#words.get(word) ?? 0) & (1 << (page % bitsPerWord))) !== 0;
  }

  /** Returns how many of the pages were not there before. */
  add(first: number, count: number): number {
    let added = 0;
    for (let page = first; page < first + count;) {
      const word = Math.floor(page / bitsPerWord);
      const bit = page % bitsPerWord;
      const length = Math.min(bitsPerWord - bit, first + count - page);
      const bits = ((1 << length) - 1) << bit;
      const old = this.#words.get(word) ?? 0;
      if ((old & bits) !== bits) {
        this.#words.set(word, old | bits);
        added += onesOf(bits & ~old);
      }
      page += length;
    }
    this.#size += added;
    return added;
  }

  /** Returns whether it was not there before. */
  addOne(page: number): boolean {
    const word = Math.floor(page / bitsPerWord);
    const old = this.#words.get(word) ?? 0;
    const bits = old | (1 << (page % bitsPerWord));
    if (bits === old) return false;
    this.#words.set(word, bits);
    this.#size++;
    return true;
  }

  /** Returns whether it was there. */
  delete(page: number): boolean {
    const word = Math.floor(page / bitsPerWord);
    const old = this.#words.get(word) ?? 0;
    const left = old & ~(1 << (page % bitsPerWord));
    if (left === old) return false;
    if (left === 0) this.#words.delete(word);
    else this.#words.set(word, left);
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const [word, bits] of this.#words) {
      for (let left = bits; left !== 0; left &= left - 1)
        yield word * bitsPerWord + 31 - Math.clz32(left & -left);
    }
  }

  /** A third of what the iterator costs. */
  forEach(visit: (page: number) => void): void {
    for (const [word, bits] of this.#words)
      for (let left = bits; left !== 0; left &= left - 1)
        visit(word * bitsPerWord + 31 - Math.clz32(left & -left));
  }

  clone(): PageBits {
    const copy = new PageBits();
    copy.#words = new Map(this.#words);
    copy.#size = this.#size;
    return copy;
  }
}

function onesOf(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}
