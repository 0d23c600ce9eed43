/**
 * The elements that clients tried to add, by slot: slot 0 was invoked first. Slots keep what is asked millions of times
 * in flat arrays. Elements are whole numbers, each added at most once in a run.
 */
import type { Json } from '../history.ts';
import type { ClientOperation } from '../operations.ts';
import { outcomeOf } from '../operations.ts';
import type { Timeline } from '../timeline.ts';

/** A position later than every other: what is not known yet. */
export const never = 0x7fffffff;

export class Elements {
  readonly operations: readonly ClientOperation[];
  /** Position of the acknowledgement, or `never`. */
  readonly acknowledgedAt: Int32Array;
  readonly failed: Uint8Array;
  readonly boot: Int32Array;
  readonly epoch: Int32Array;
  readonly #values: Float64Array;
  readonly #slots = new Map<number, number>();

  constructor(adds: readonly ClientOperation[], timeline: Timeline) {
    this.operations = adds;
    this.acknowledgedAt = new Int32Array(adds.length).fill(never);
    this.failed = new Uint8Array(adds.length);
    this.boot = new Int32Array(adds.length);
    this.epoch = new Int32Array(adds.length);
    this.#values = new Float64Array(adds.length);
    for (const [slot, add] of adds.entries()) {
      const { value, boot, index } = add.invocation;
      if (!isElement(value)) throw new Error(`History op ${index} adds something that is no whole number.`);
      if (this.#slots.has(value)) throw new Error(`History op ${index} adds ${value} a second time.`);
      this.#slots.set(value, slot);
      this.#values[slot] = value;
      this.boot[slot] = boot;
      this.epoch[slot] = timeline.epoch(boot);
      const outcome = outcomeOf(add, timeline);
      if (outcome === 'acknowledged') this.acknowledgedAt[slot] = add.completedAt;
      if (outcome === 'failed') this.failed[slot] = 1;
    }
  }

  get count(): number {
    return this.operations.length;
  }

  value(slot: number): number {
    return this.#values[slot]!;
  }

  /** The slot of an element, or -1 where no client ever tried to add it. */
  slotOf(value: number): number {
    // Most workloads count upwards without gaps: then the slot is known without a search.
    const guess = value - this.#values[0]!;
    if (this.#values[guess] === value) return guess;
    return this.#slots.get(value) ?? -1;
  }

  acknowledged(slot: number): boolean {
    return this.acknowledgedAt[slot] !== never;
  }

  /** When its acknowledgement was recorded. Only for acknowledged elements. */
  acknowledgedMs(slot: number): number {
    return this.operations[slot]!.completion!.timeMs;
  }
}

export function isElement(value: Json | undefined): value is number {
  return Number.isSafeInteger(value);
}
