/**
 * Open directories. Each reads from a snapshot of names taken when it is at its beginning, so that offsets stay what they
 * were while names come and go: nothing is listed twice, nothing that was there all the time is left out (readdir(3)).
 */
import type { Disk } from '../disk/disk.ts';
import type { DirectoryEntries, Errno } from '../fuse/filesystem.ts';

type Names = readonly (readonly [name: string, ino: number])[];

export class DirectoryStreams {
  readonly #snapshots = new Map<number, Names>();
  #lastHandle = 0;

  open(): number {
    this.#snapshots.set(++this.#lastHandle, []);
    return this.#lastHandle;
  }

  release(handle: number): void {
    this.#snapshots.delete(handle);
  }

  releaseAll(): void {
    this.#snapshots.clear();
  }

  /** Offset 0 is `.`, 1 is `..`, then the snapshot's names. */
  read(disk: Disk, ino: number, handle: number, offset: number, entries: DirectoryEntries): Errno | 0 {
    if (offset === 0) {
      const names = disk.entries(ino);
      if (typeof names === 'number') return names;
      this.#snapshots.set(handle, names);
    }
    const names = this.#snapshots.get(handle) ?? [];
    for (let index = offset; index < names.length + 2; index++) {
      if (!addEntry(disk, ino, names, index, entries)) break;
    }
    return 0;
  }
}

const directoryType = 0o040000 >> 12;
const unknownType = 0;

function addEntry(disk: Disk, ino: number, names: Names, index: number, entries: DirectoryEntries): boolean {
  if (index === 0) return entries.add('.', ino, directoryType, 1);
  if (index === 1) return entries.add('..', disk.parentOf(ino), directoryType, 2);
  const [name, knownIno] = names[index - 2]!;
  // The name may be gone, or another file's by now: attributes are of what it is now, or not given.
  const inode = disk.lookup(ino, name);
  if (typeof inode === 'number') return entries.add(name, knownIno, unknownType, index + 1);
  if (!entries.add(name, inode.shownIno, inode.typeAndMode >> 12, index + 1, inode)) return false;
  if (entries.withAttributes) disk.remember(inode.ino);
  return true;
}
