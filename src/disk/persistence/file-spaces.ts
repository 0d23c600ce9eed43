/** What files may hold, made once for each position at which something happened to the file: most frames share most files. */
import type { FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';
import { lastAtOrBefore } from './sorted.ts';

export class FileSpaces {
  readonly #make: (file: FileHistory, position: number) => FileSpace;
  readonly #marks: ReadonlyMap<number, readonly number[]>;
  readonly #known = new Map<FileHistory, Map<number, FileSpace>>();

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
    let known = this.#known.get(file);
    if (known === undefined) this.#known.set(file, (known = new Map()));
    let space = known.get(last);
    if (space === undefined) known.set(last, (space = this.#make(file, last)));
    return space;
  }
}
