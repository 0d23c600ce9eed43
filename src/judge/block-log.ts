/**
 * Everything that reached a block device, in order: writes with their bytes, flushes, and marks of the program above ("op 3
 * was acknowledged"). Pure. A power cut at an instant leaves every write up to the last flush before it, and any subset of
 * those after: epochs are the stretches between flushes, within which the device may choose.
 *
 * A flush covers what was complete when it was asked for. Requests are taken one by one here, so what was written before a
 * flush arrived is complete; the images are a subset of what a device that reorders more could leave, never more.
 */
export interface BlockWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The highest mark before it: how many ops of the program were acknowledged when it was made. */
  readonly acknowledged: number;
}

export interface Epoch {
  /** In order; none of them is flushed when the epoch is the last that the power sees. */
  readonly writes: readonly BlockWrite[];
  /** Ops acknowledged at its first instant and at its last. */
  readonly acknowledgedFrom: number;
  readonly acknowledgedTo: number;
}

export class BlockLog {
  readonly #closed: Epoch[] = [];
  #writes: BlockWrite[] = [];
  #from = 0;
  #acknowledged = 0;

  write(offset: number, bytes: Uint8Array): void {
    this.#writes.push({ offset, bytes: bytes.slice(), acknowledged: this.#acknowledged });
  }

  flush(): void {
    // Without a write the flush changes nothing that a cut could tell.
    if (this.#writes.length === 0) return;
    this.#closed.push(this.#current());
    this.#writes = [];
    this.#from = this.#acknowledged;
  }

  /** `count` ops of the program have returned by now. */
  acknowledge(count: number): void {
    if (count < this.#acknowledged)
      throw new Error(`op ${count} cannot return after op ${this.#acknowledged}`);
    this.#acknowledged = count;
  }

  /** With the last one, which no flush has closed yet. */
  epochs(): readonly Epoch[] {
    return [...this.#closed, this.#current()];
  }

  #current(): Epoch {
    return { writes: this.#writes, acknowledgedFrom: this.#from, acknowledgedTo: this.#acknowledged };
  }
}
