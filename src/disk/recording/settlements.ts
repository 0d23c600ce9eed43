/** What barriers covered, and up to which op of a log: entries of directories, and attributes. Numbers are those of the log. */
import type { LoggedOp } from '../persistence/crash-log.ts';
import { placesOf } from '../persistence/crash-log.ts';
import type { Place } from '../place.ts';

export class Settlements {
  readonly #attributes = new Map<number, number>();
  readonly #directories = new Map<number, number>();
  readonly #names = new Map<number, Map<string, number>>();

  attributes(ino: number, sequence: number): void {
    this.#attributes.set(ino, sequence);
  }

  directory(ino: number, sequence: number): void {
    this.#directories.set(ino, sequence);
    // All of its names were settled no later.
    this.#names.delete(ino);
  }

  name({ parent, name }: Place, sequence: number): void {
    const names = this.#names.get(parent);
    if (names === undefined) this.#names.set(parent, new Map([[name, sequence]]));
    else names.set(name, sequence);
  }

  coversAttributes(ino: number, sequence: number): boolean {
    return (this.#attributes.get(ino) ?? 0) >= sequence;
  }

  coversName({ parent, name }: Place, sequence: number): boolean {
    const settled = this.#names.get(parent)?.get(name) ?? 0;
    return Math.max(settled, this.#directories.get(parent) ?? 0) >= sequence;
  }

  /** Without what concerns nothing in the log. */
  ofOnly(log: readonly { readonly logged: LoggedOp | undefined }[]): Settlements {
    const left = new Settlements();
    for (const { logged } of log) {
      if (logged === undefined) continue;
      for (const place of placesOf(logged)) {
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
    for (const [ino, sequence] of this.#attributes) copy.#attributes.set(ino, sequence);
    for (const [ino, sequence] of this.#directories) copy.#directories.set(ino, sequence);
    for (const [ino, names] of this.#names) copy.#names.set(ino, new Map(names));
    return copy;
  }
}
