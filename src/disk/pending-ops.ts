/**
 * The ops on one inode that no barrier has covered yet: what a finding will quote if a cut drops them. Bounded: a program
 * that writes for hours without a barrier keeps its newest ops one by one and its older sequential writes merged.
 */
import type { Op } from './op.ts';

const mergeBeyond = 1024;
const keepAtMost = 32_768;

export class PendingOps {
  #ops: { readonly name: string | undefined; op: Op }[] = [];
  #dropped = 0;

  get count(): number {
    return this.#ops.length + this.#dropped;
  }

  get last(): Op | undefined {
    return this.#ops[this.#ops.length - 1]?.op;
  }

  get oldest(): Op | undefined {
    return this.#ops[0]?.op;
  }

  /** `name` tells name ops of a directory apart, so that one name can become durable by itself. */
  add(op: Op, name?: string): void {
    const last = this.#ops[this.#ops.length - 1];
    if (this.#ops.length > mergeBeyond && last !== undefined && continues(last.op, op)) {
      last.op = { ...op, offset: last.op.offset!, length: last.op.length! + op.length! };
      return;
    }
    this.#ops.push({ name, op });
    if (this.#ops.length > keepAtMost) {
      this.#ops = this.#ops.slice(keepAtMost / 2);
      this.#dropped += keepAtMost / 2;
    }
  }

  clear(): void {
    if (this.#ops.length > 0) this.#ops = [];
    this.#dropped = 0;
  }

  /** Forgets the ops on one name. */
  forgetName(name: string): void {
    if (this.#ops.length > 0) this.#ops = this.#ops.filter((entry) => entry.name !== name);
  }

  /** Forgets what a data barrier covers: everything but changes of attributes. */
  forgetData(): void {
    this.#ops = this.#ops.filter(({ op }) => op.kind === 'setattr' || op.kind === 'xattr');
  }

  *[Symbol.iterator](): Iterator<Op> {
    for (const { op } of this.#ops) yield op;
  }

  clone(): PendingOps {
    const copy = new PendingOps();
    copy.#ops = [...this.#ops];
    copy.#dropped = this.#dropped;
    return copy;
  }
}

function continues(last: Op, next: Op): boolean {
  return (
    last.kind === 'write' &&
    next.kind === 'write' &&
    last.pid === next.pid &&
    last.offset! + last.length! === next.offset
  );
}
