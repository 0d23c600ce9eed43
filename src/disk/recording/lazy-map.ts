/** A map that looks its values up when they are asked for. Read only; whoever makes one says how, and which keys there are. */
export abstract class LazyMap<Key, Value> implements ReadonlyMap<Key, Value> {
  abstract get(key: Key): Value | undefined;
  abstract keys(): MapIterator<Key>;

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    let count = 0;
    for (const _ of this.keys()) count++;
    return count;
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const key of this.keys()) yield [key, this.get(key)!];
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  forEach(each: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) each(value, key, this);
  }
}
