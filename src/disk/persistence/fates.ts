/**
 * What became of each op in an image: it survived, it was dropped, or only a part of it is there; and by which rule of the profile.
 * An op whose effect later ones took away, in programs' eyes as well, survived.
 */
import { isDataOp, type LoggedOp } from './crash-log.ts';
import { isWholeCut, type DataEvent, type FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';
import type { History } from './history.ts';
import { attributePositionOf, cutsOf, sizeOf, versionOf, type ImageChoice } from './image-choice.ts';
import { pageSizeBytes } from '../page-store.ts';
import { sectorSizeBytes, type PageVersion } from './page-content.ts';
import type { PersistenceProfile, Rule } from './profile.ts';
import type { Place } from '../place.ts';

export interface OpFate {
  /** Its position in the log. */
  readonly op: number;
  readonly fate: 'survived' | 'dropped' | 'torn';
  /** What allowed it; none where the op survived. */
  readonly rule?: Rule;
}

export function fatesOf(
  profile: PersistenceProfile,
  history: History,
  choice: ImageChoice,
): readonly OpFate[] {
  const fates: OpFate[] = [];
  const teller = new FateTeller(history, choice);
  for (let op = 1; op <= history.instant.begun; op++) {
    const logged = history.log.ops[op - 1]!;
    const fate = teller.fateOf(op, logged);
    if (fate === undefined) continue;
    fates.push(fate === 'survived' ? { op, fate } : { op, fate, rule: profile.ruleFor(logged, fate) });
  }
  return fates;
}

class FateTeller {
  readonly #history: History;
  readonly #choice: ImageChoice;
  readonly #files = new Map<FileHistory, FileFate>();

  constructor(history: History, choice: ImageChoice) {
    this.#history = history;
    this.#choice = choice;
  }

  /** Undefined for what changes nothing. */
  fateOf(op: number, logged: LoggedOp): OpFate['fate'] | undefined {
    if (isDataOp(logged)) return this.#file(this.#history.inode(logged.ino).file!).fateOf(op, logged);
    switch (logged.kind) {
      case 'create':
      case 'mkdir':
      case 'symlink':
      case 'mknod':
        return logged.place === undefined ? 'survived' : this.#names(op, [logged.place]);
      case 'link':
      case 'unlink':
      case 'rmdir':
        return this.#names(op, [logged.place]);
      case 'rename':
      case 'exchange':
        return this.#names(op, [logged.from, logged.to]);
      case 'setattr':
        return this.#attribute(op, logged.ino, undefined);
      case 'xattr':
        return this.#attribute(op, logged.ino, logged.name);
      case 'fsync':
      case 'fdatasync':
      case 'sync':
      case 'close':
        return undefined;
    }
  }

  #names(op: number, places: readonly Place[]): OpFate['fate'] {
    const kept = places.filter((place) => {
      const cell = this.#history.cell(place);
      return this.#choice.frame.entryPosition(cell) >= op;
    });
    return fateOf(kept.length, places.length);
  }

  #attribute(op: number, ino: number, xattr: string | undefined): OpFate['fate'] {
    const { mode, xattrs } = this.#history.inode(ino);
    const chain = xattr === undefined ? mode : xattrs.get(xattr)!;
    return attributePositionOf(this.#choice, ino, chain) >= op ? 'survived' : 'dropped';
  }

  #file(file: FileHistory): FileFate {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const fate = new FileFate(this.#choice.frame.file(file), this.#choice);
    this.#files.set(file, fate);
    return fate;
  }
}

class FileFate {
  readonly #space: FileSpace;
  readonly #choice: ImageChoice;
  readonly #events: ReadonlyMap<number, DataEvent>;
  readonly #versions = new Map<number, PageVersion>();
  readonly #size: number;
  readonly #sizeOp: number;
  readonly #cuts: number;

  constructor(space: FileSpace, choice: ImageChoice) {
    this.#space = space;
    this.#choice = choice;
    this.#events = new Map(space.file.events.map((event) => [event.op, event]));
    const { size, op } = sizeOf(choice, space);
    this.#size = size;
    this.#sizeOp = op;
    this.#cuts = cutsOf(choice, space);
  }

  fateOf(
    op: number,
    logged: Extract<LoggedOp, { readonly kind: 'write' | 'truncate' | 'allocate' | 'punch' }>,
  ) {
    const event = this.#events.get(op);
    if (logged.kind === 'write') return event === undefined ? ('survived' as const) : this.#write(event);
    if (logged.kind === 'truncate') {
      const isSizeThere = this.#sizeOp >= op || this.#size === logged.size;
      const parts = event === undefined ? [isSizeThere] : [isSizeThere, this.#cuts >= op];
      return fateOf(parts.filter(Boolean).length, parts.length);
    }
    if (logged.kind === 'punch') return event === undefined ? ('survived' as const) : this.#write(event);
    return 'survived' as const;
  }

  #write(event: DataEvent): OpFate['fate'] {
    const { start, end, op } = event;
    let kept = 0;
    let parts = 0;
    for (let page = Math.floor(start / pageSizeBytes); page * pageSizeBytes < end; page++) {
      const version = this.#version(page);
      const from = Math.max(start - page * pageSizeBytes, 0);
      const to = Math.min(end - page * pageSizeBytes, pageSizeBytes);
      for (let sector = Math.floor(from / sectorSizeBytes); sector * sectorSizeBytes < to; sector++) {
        parts++;
        const sectorVersion = typeof version === 'number' ? version : version[sector]!;
        const isSeen = page * pageSizeBytes + sector * sectorSizeBytes < this.#size || this.#sizeOp > op;
        if ((sectorVersion >= op && isSeen) || this.#isCutAway(page, op)) kept++;
      }
    }
    return fateOf(kept, parts);
  }

  #isCutAway(page: number, op: number): boolean {
    return this.#space.file.pageEvents(page).some((index) => {
      const event = this.#space.file.events[index]!;
      return event.op >= op && event.op <= this.#cuts && isWholeCut(event, page);
    });
  }

  #version(page: number): PageVersion {
    const known = this.#versions.get(page);
    if (known !== undefined) return known;
    const version = versionOf(this.#choice, this.#space, page, sizeOf(this.#choice, this.#space));
    this.#versions.set(page, version);
    return version;
  }
}

function fateOf(kept: number, parts: number): OpFate['fate'] {
  if (kept === parts) return 'survived';
  return kept === 0 ? 'dropped' : 'torn';
}
