/**
 * The elements that clients tried to add, by slot: slot 0 was invoked first. As slots follow the order of invocation,
 * those of a boot, of an epoch, and those invoked before a position are ranges. Elements are whole numbers, each added at
 * most once in a run.
 */
import type { Json } from '../history.ts';
import type { ClientOperation } from '../operations.ts';
import { outcomeOf } from '../operations.ts';
import { firstWhere } from '../search.ts';
import type { Timeline } from '../timeline.ts';
import { SlotTable } from './slot-table.ts';

/** A position later than every other: what is not known yet. */
export const never = 0x7fffffff;

export class Elements {
  readonly operations: readonly ClientOperation[];
  /** Position of the acknowledgement, or `never`. */
  readonly acknowledgedAt: Int32Array;
  readonly failed: Uint8Array;
  readonly boot: Int32Array;
  readonly epoch: Int32Array;
  readonly #slots: SlotTable;

  constructor(adds: readonly ClientOperation[], timeline: Timeline) {
    this.operations = adds;
    this.acknowledgedAt = new Int32Array(adds.length).fill(never);
    this.failed = new Uint8Array(adds.length);
    this.boot = new Int32Array(adds.length);
    this.epoch = new Int32Array(adds.length);
    this.#slots = new SlotTable(adds.map(elementOf));
    for (const [slot, add] of adds.entries()) {
      const { value, boot, index } = add.invocation;
      if (this.slotOf(value as number) !== slot)
        throw new Error(`History op ${index} adds ${String(value)} a second time.`);
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

  /** The slot of an element, or -1 where no client ever tried to add it. */
  slotOf(value: number): number {
    return this.#slots.get(value);
  }

  value(slot: number): number {
    return this.operations[slot]!.invocation.value as number;
  }

  acknowledged(slot: number): boolean {
    return this.acknowledgedAt[slot] !== never;
  }

  /** When its acknowledgement was recorded. Only for acknowledged elements. */
  acknowledgedMs(slot: number): number {
    return this.operations[slot]!.completion!.timeMs;
  }

  /** The first slot invoked after this position; those before it were invoked earlier. */
  firstInvokedAfter(position: number): number {
    return firstWhere(this.count, (slot) => this.operations[slot]!.invokedAt > position);
  }

  /** The first slot of this epoch or a later one. */
  firstOfEpoch(epoch: number): number {
    return firstWhere(this.count, (slot) => this.epoch[slot]! >= epoch);
  }
}

export function isElement(value: Json | undefined): value is number {
  return Number.isSafeInteger(value);
}

function elementOf({ invocation: { value, index } }: ClientOperation): number {
  if (!isElement(value)) throw new Error(`History op ${index} adds something that is no whole number.`);
  return value;
}
