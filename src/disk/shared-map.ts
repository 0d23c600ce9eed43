/**
 * Maps and sets by name whose copies cost what changed since the last one, not what they hold: a directory of 100,000 names
 * is copied whenever a cut, a report or an image forks the disk, and programs wait.
 *
 * Invariant: a base that was ever copied is never changed again; what changes lies in a map of its own above it, and is
 * folded into a new base when it has grown to half of the old one.
 */

/** In a map of changes: the base's value is gone. */
const gone = Symbol('gone');

export class SharedMap<Value> {
  #base = new Map<string, Value>();
  #isShared = false;
  #changes: Map<string, Value | typeof gone> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string): Value | undefined {
    const changed = this.#changes?.get(name);
    if (changed === undefined) return this.#base.get(name);
    return changed === gone ? undefined : changed;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: Value): this {
    if (this.#isShared) {
      if (!this.has(name)) this.#size++;
      this.#change(name, value);
    } else {
      this.#base.set(name, value);
      this.#size = this.#base.size;
    }
    return this;
  }

  delete(name: string): boolean {
    if (!this.#isShared) {
      const had = this.#base.delete(name);
      this.#size = this.#base.size;
      return had;
    }
    if (!this.has(name)) return false;
    this.#size--;
    if (this.#base.has(name)) this.#change(name, gone);
    else this.#changes!.delete(name);
    return true;
  }

  clear(): void {
    this.#base = new Map();
    this.#isShared = false;
    this.#changes = undefined;
    this.#size = 0;
  }

  /** In no particular order, and not to be changed meanwhile. */
  *[Symbol.iterator](): IterableIterator<[string, Value]> {
    const changes = this.#changes;
    if (changes === undefined) {
      yield* this.#base;
      return;
    }
    for (const entry of this.#base) if (!changes.has(entry[0])) yield entry;
    for (const [name, value] of changes) if (value !== gone) yield [name, value];
  }

  *keys(): IterableIterator<string> {
    if (this.#changes === undefined) yield* this.#base.keys();
    else for (const [name] of this) yield name;
  }

  *values(): IterableIterator<Value> {
    if (this.#changes === undefined) yield* this.#base.values();
    else for (const [, value] of this) yield value;
  }

  /** A second map with the same content. */
  clone(): SharedMap<Value> {
    const copy = new SharedMap<Value>();
    copy.become(this);
    return copy;
  }

  /** Holds what the other one holds from now on. */
  become(other: SharedMap<Value>): void {
    if (other.#size === 0) {
      this.clear();
      return;
    }
    other.#isShared = this.#isShared = true;
    this.#base = other.#base;
    this.#changes = other.#changes === undefined ? undefined : new Map(other.#changes);
    this.#size = other.#size;
  }

  #change(name: string, value: Value | typeof gone): void {
    const changes = (this.#changes ??= new Map());
    changes.set(name, value);
    if (changes.size > 32 + this.#base.size / 2) this.#fold();
  }

  #fold(): void {
    const folded = new Map(this);
    this.#base = folded;
    this.#isShared = false;
    this.#changes = undefined;
  }
}

export class SharedSet {
  #names = new SharedMap<true>();

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): this {
    this.#names.set(name, true);
    return this;
  }

  delete(name: string): boolean {
    return this.#names.delete(name);
  }

  clear(): void {
    this.#names.clear();
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#names.keys();
  }

  clone(): SharedSet {
    const copy = new SharedSet();
    copy.#names = this.#names.clone();
    return copy;
  }
}
