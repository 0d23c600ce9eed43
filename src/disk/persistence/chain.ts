/** A cell of a disk over the time of a log: the value it had at the base, and each value that an op gave it. */

export interface Version<Value> {
  /** The position of the op. */
  readonly op: number;
  readonly value: Value;
}

const none: readonly never[] = [];

export class Chain<Value> {
  readonly base: Value;
  /** Most cells of a disk never change: none of them has a list of its own. */
  #versions: Version<Value>[] | undefined;

  constructor(base: Value) {
    this.base = base;
  }

  set(op: number, value: Value): void {
    if (this.#versions === undefined) this.#versions = [{ op, value }];
    else this.#versions.push({ op, value });
  }

  get versions(): readonly Version<Value>[] {
    return this.#versions ?? none;
  }

  /** The value once all ops up to this position are applied. */
  at(position: number): Value {
    const version = this.last(position);
    return version === undefined ? this.base : version.value;
  }

  /** The last op at or before the position; 0 for the base. */
  positionAt(position: number): number {
    return this.last(position)?.op ?? 0;
  }

  /** Every position at which the value is another one, 0 first. */
  positions(): readonly number[] {
    return [0, ...this.versions.map(({ op }) => op)];
  }

  last(position: number): Version<Value> | undefined {
    const index = lastIndexAtOrBefore(this.versions, position);
    return index < 0 ? undefined : this.versions[index];
  }
}

/** In a list sorted by op; -1 for none. */
export function lastIndexAtOrBefore(list: readonly { readonly op: number }[], position: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.op <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
