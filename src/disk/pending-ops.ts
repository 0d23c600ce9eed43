/**
 * The ops on one inode that no barrier has covered yet: what a finding will quote if a cut drops them. Bounded: a program
 * that works for hours without a barrier keeps its newest ops one by one, older sequential writes merged, and a count.
 *
 * Ops on the names of a directory are kept by name, because one name can become durable by itself.
 */
import { firstOf, lastOf, listOf } from './few.ts';
import type { Op } from './op.ts';
import { SharedMap } from './shared-map.ts';

const mergeBeyond = 1024;
const keepAtMost = 32_768;
/** The first op on a name and the newest ones tell its story; programs replace one file thousands of times. */
const keepPerName = 64;

export class PendingOps {
  /** A single op stands here by itself, also under a name: most inodes and most names have no other. */
  #ops: Op | Op[] | undefined;
  /** The lists are replaced, never changed: clones share them, and a directory of 100,000 new names has as many. */
  #byName: SharedMap<Op | readonly Op[]> | undefined;
  #omitted = 0;

  constructor(first?: Op) {
    this.#ops = first;
  }

  /** Ops that are no longer listed one by one. */
  get omitted(): number {
    return this.#omitted;
  }

  get last(): Op | undefined {
    let last = lastOf(this.#ops);
    for (const ops of this.#byName?.values() ?? []) {
      const candidate = lastOf(ops)!;
      if (last === undefined || candidate.number > last.number) last = candidate;
    }
    return last;
  }

  get oldest(): Op | undefined {
    let oldest = firstOf(this.#ops);
    for (const ops of this.#byName?.values() ?? []) {
      const candidate = firstOf(ops)!;
      if (oldest === undefined || candidate.number < oldest.number) oldest = candidate;
    }
    return oldest;
  }

  add(op: Op): void {
    const ops = this.#ops;
    if (!Array.isArray(ops)) {
      this.#ops = ops === undefined ? op : [ops, op];
      return;
    }
    const last = ops[ops.length - 1]!;
    if (ops.length > mergeBeyond && continues(last, op)) {
      ops[ops.length - 1] = merged(last, op);
      this.#omitted++;
      return;
    }
    ops.push(op);
    if (ops.length > keepAtMost) this.#omitted += omitOlder(ops, keepAtMost);
  }

  addOnName(op: Op, name: string): void {
    this.#byName ??= new SharedMap();
    const ops = this.#byName.get(name);
    if (ops === undefined) {
      this.#byName.set(name, op);
      return;
    }
    const longer = [...listOf(ops), op];
    if (longer.length > keepPerName) this.#omitted += omitOlder(longer, keepPerName);
    this.#byName.set(name, longer);
  }

  clear(): void {
    this.#ops = undefined;
    this.#byName = undefined;
    this.#omitted = 0;
  }

  forgetName(name: string): void {
    this.#byName?.delete(name);
  }

  /**
   * Forgets the ops on a name up to the rename that carried this inode away from it. The last one stays: it gave the name
   * what it has now, be it that very rename, as an exchange.
   */
  forgetNameUntil(name: string, carriedAway: number): void {
    const ops = this.#byName?.get(name);
    if (ops === undefined) return;
    const list = listOf(ops);
    const last = list.findLastIndex((op) => op.kind === 'rename' && op.ino === carriedAway);
    if (last >= 0) this.#byName!.set(name, list.slice(Math.min(last + 1, list.length - 1)));
  }

  /** Forgets what a data barrier covers: everything but changes of attributes. */
  forgetData(): void {
    const kept = listOf(this.#ops).filter((op) => !isDataOp(op));
    this.#ops = kept.length === 0 ? undefined : kept;
    this.#omitted = 0;
  }

  /** Those that a data barrier does not cover. */
  withoutData(): PendingOps {
    const ops = this.#ops;
    if (this.#byName === undefined && ops !== undefined && !Array.isArray(ops) && isDataOp(ops))
      return nothingPending;
    const copy = this.clone();
    copy.forgetData();
    return copy;
  }

  *[Symbol.iterator](): Iterator<Op> {
    yield* listOf(this.#ops);
    for (const ops of this.#byName?.values() ?? []) yield* listOf(ops);
  }

  /** Adds all of them to a list, or those that fdatasync covers. */
  addTo(list: Op[], dataOnly: boolean): void {
    for (const op of listOf(this.#ops)) if (!dataOnly || isDataOp(op)) list.push(op);
    if (dataOnly || this.#byName === undefined) return;
    for (const ops of this.#byName.values()) list.push(...listOf(ops));
  }

  clone(): PendingOps {
    const copy = new PendingOps();
    copy.#ops = Array.isArray(this.#ops) ? this.#ops.slice() : this.#ops;
    copy.#byName = this.#byName?.clone();
    copy.#omitted = this.#omitted;
    return copy;
  }
}

/** Stands in for those of an inode that has none. Forgetting there is nothing; ops are never added to it. */
export const nothingPending = new PendingOps();

/** True for ops that fdatasync covers. */
export function isDataOp({ kind }: Op): boolean {
  return kind === 'write' || kind === 'truncate' || kind === 'allocate' || kind === 'punch';
}

/** Keeps the first op, which tells the age, and the newest. Returns how many went. */
function omitOlder(ops: Op[], limit: number): number {
  const count = Math.floor(limit / 2);
  ops.splice(1, count);
  return count;
}

function continues(last: Op, next: Op): boolean {
  return (
    last.kind === 'write' &&
    next.kind === 'write' &&
    last.pid === next.pid &&
    last.offset! + last.length! === next.offset
  );
}

/** The newer op, over the range of both. */
function merged(last: Op, { number, kind, timeMs, pid, ino, path, length }: Op): Op {
  return { number, kind, timeMs, pid, ino, path, offset: last.offset!, length: last.length! + length! };
}
