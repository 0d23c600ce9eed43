/** What files may hold, made once for each position at which something happened to the file: most frames share most files. */
import type { FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';

export class FileSpaces {
  readonly #make: (file: FileHistory, position: number) => FileSpace;
  readonly #known = new Map<FileHistory, Map<number, FileSpace>>();

  /** `make` must depend on the position only by what happened to the file up to it. */
  constructor(make: (file: FileHistory, position: number) => FileSpace) {
    this.#make = make;
  }

  at(file: FileHistory, position: number): FileSpace {
    const last = file.lastChange(position);
    let known = this.#known.get(file);
    if (known === undefined) this.#known.set(file, (known = new Map()));
    let space = known.get(last);
    if (space === undefined) known.set(last, (space = this.#make(file, last)));
    return space;
  }
}
