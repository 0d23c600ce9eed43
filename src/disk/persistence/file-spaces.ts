/** What files may hold, made once for each position at which something happened to the file: most frames share most files. */
import type { FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';
import { lastAtOrBefore } from './sorted.ts';

export class FileSpaces {
  readonly #make: (file: FileHistory, position: number) => FileSpace;
  readonly #marks: ReadonlyMap<number, readonly number[]>;
  readonly #known = new Map<FileHistory, Known>();

  /**
   * `make` must depend on the position only by what happened to the file up to it. `marks`: by inode, sorted, further ops that the
   * profile takes for a change of what the file may hold.
   */
  constructor(
    make: (file: FileHistory, position: number) => FileSpace,
    marks: ReadonlyMap<number, readonly number[]> = new Map(),
  ) {
    this.#make = make;
    this.#marks = marks;
  }

  at(file: FileHistory, position: number): FileSpace {
    const last = Math.max(file.lastChange(position), lastAtOrBefore(this.#marks.get(file.ino), position));
    const known = this.#known.get(file);
    if (known === undefined) {
      const space = this.#make(file, last);
      this.#known.set(file, { position: last, space, others: undefined });
      return space;
    }
    if (known.position === last) return known.space;
    known.others ??= new Map();
    let space = known.others.get(last);
    if (space === undefined) known.others.set(last, (space = this.#make(file, last)));
    return space;
  }
}

/** One image asks for one position of each file: only enumerations ask for others. */
interface Known {
  readonly position: number;
  readonly space: FileSpace;
  others: Map<number, FileSpace> | undefined;
}
