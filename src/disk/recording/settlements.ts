/** What barriers covered, and up to which op of a log: entries of directories, and attributes. Numbers are those of the log. */
import type { Place } from '../place.ts';
import { placesAt, type RecordLog } from './record-log.ts';

export class Settlements {
  readonly #attributes = new Map<number, number>();
  readonly #directories = new Map<number, number>();
  readonly #names = new Map<number, Map<string, number>>();

  attributes(ino: number, number: number): void {
    this.#attributes.set(ino, number);
  }

  directory(ino: number, number: number): void {
    this.#directories.set(ino, number);
    // All of its names were settled no later.
    this.#names.delete(ino);
  }

  name({ parent, name }: Place, number: number): void {
    const names = this.#names.get(parent);
    if (names === undefined) this.#names.set(parent, new Map([[name, number]]));
    else names.set(name, number);
  }

  coversAttributes(ino: number, number: number): boolean {
    return (this.#attributes.get(ino) ?? 0) >= number;
  }

  coversName({ parent, name }: Place, number: number): boolean {
    const settled = this.#names.get(parent)?.get(name) ?? 0;
    return Math.max(settled, this.#directories.get(parent) ?? 0) >= number;
  }

  get isEmpty(): boolean {
    return this.#attributes.size + this.#directories.size + this.#names.size === 0;
  }

  /** Without what concerns nothing in the log, in which no attributes are left that a barrier covered. */
  ofOnly(log: RecordLog): Settlements {
    const left = new Settlements();
    if (this.#directories.size + this.#names.size === 0) return left;
    for (let index = 0; index < log.length; index++) {
      for (const place of placesAt(log, index)) {
        const { parent, name } = place;
        const directory = this.#directories.get(parent);
        if (directory !== undefined) left.#directories.set(parent, directory);
        const settled = this.#names.get(parent)?.get(name);
        if (settled !== undefined) left.name(place, settled);
      }
    }
    return left;
  }

  copy(): Settlements {
    const copy = new Settlements();
    for (const [ino, number] of this.#attributes) copy.#attributes.set(ino, number);
    for (const [ino, number] of this.#directories) copy.#directories.set(ino, number);
    for (const [ino, names] of this.#names) copy.#names.set(ino, new Map(names));
    return copy;
  }
}
