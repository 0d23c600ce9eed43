/**
 * What became of each op in an image: it survived, it was dropped, or only a part of it is there; and by which rule of the profile.
 * An op whose effect later ones took away, in programs' eyes as well, survived.
 */
import { isDataOp, type LoggedOp } from './crash-log.ts';
import { isWholeCut, type DataEvent, type FileHistory } from './file-history.ts';
import type { SizeOption } from './file-sizes.ts';
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

/** Tells of each op of one image. */
export class FateTeller {
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
        return logged.place === undefined ? 'survived' : this.#name(op, logged.place);
      case 'link':
      case 'unlink':
      case 'rmdir':
        return this.#name(op, logged.place);
      case 'rename':
      case 'exchange': {
        const from = this.#name(op, logged.from);
        return from === this.#name(op, logged.to) ? from : 'torn';
      }
      case 'setattr':
        return this.#attribute(op, logged.ino, undefined);
      case 'xattr':
        return this.#attribute(op, logged.ino, logged.name);
      case 'fsync':
      case 'fdatasync':
      case 'sync':
      case 'close':
      case 'touch':
        return undefined;
    }
  }

  #name(op: number, place: Place): 'survived' | 'dropped' {
    return this.#choice.frame.entryPosition(this.#history.cell(place)) >= op ? 'survived' : 'dropped';
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
  readonly #pages = new Map<number, PageFate>();
  readonly #size: SizeOption;
  readonly #cuts: number;

  constructor(space: FileSpace, choice: ImageChoice) {
    this.#space = space;
    this.#choice = choice;
    this.#size = sizeOf(choice, space);
    this.#cuts = cutsOf(choice, space);
  }

  fateOf(
    op: number,
    logged: Extract<LoggedOp, { readonly kind: 'write' | 'truncate' | 'allocate' | 'punch' }>,
  ) {
    const event = this.#space.file.eventOf(op);
    if (logged.kind === 'write') return event === undefined ? ('survived' as const) : this.#write(event);
    if (logged.kind === 'truncate') {
      const isSizeThere = this.#size.op >= op || this.#size.size === logged.size;
      const parts = event === undefined ? [isSizeThere] : [isSizeThere, this.#cuts >= op];
      return fateOf(parts.filter(Boolean).length, parts.length);
    }
    if (logged.kind === 'punch') return event === undefined ? ('survived' as const) : this.#punch(event);
    return 'survived' as const;
  }

  /** Only of pages that held something; a hole may span terabytes. */
  #punch({ op, start, end }: DataEvent): OpFate['fate'] {
    const { file } = this.#space;
    let kept = 0;
    let parts = 0;
    for (const page of file.changedPages()) {
      if ((page + 1) * pageSizeBytes <= start || page * pageSizeBytes >= end) continue;
      if (!file.pageEvents(page).some((index) => file.events[index]!.op === op)) continue;
      parts++;
      const { version, cutAway } = this.#page(page);
      const oldest = typeof version === 'number' ? version : Math.min(...version);
      if (oldest >= op || cutAway >= op || this.#wasCutAway(page, op)) kept++;
    }
    return fateOf(kept, parts);
  }

  #write(event: DataEvent): OpFate['fate'] {
    const { start, end, op } = event;
    let kept = 0;
    let parts = 0;
    for (let page = Math.floor(start / pageSizeBytes); page * pageSizeBytes < end; page++) {
      const { version, cutAway } = this.#page(page);
      const from = Math.max(start - page * pageSizeBytes, 0);
      const to = Math.min(end - page * pageSizeBytes, pageSizeBytes);
      for (let sector = Math.floor(from / sectorSizeBytes); sector * sectorSizeBytes < to; sector++) {
        parts++;
        const sectorVersion = typeof version === 'number' ? version : version[sector]!;
        const isSeen =
          page * pageSizeBytes + sector * sectorSizeBytes < this.#size.size || this.#size.op > op;
        if ((sectorVersion >= op && isSeen) || cutAway >= op) kept++;
      }
    }
    return fateOf(kept, parts);
  }

  #page(page: number): PageFate {
    let fate = this.#pages.get(page);
    if (fate === undefined) {
      const version = versionOf(this.#choice, this.#space, page, this.#size);
      this.#pages.set(page, (fate = { version, cutAway: this.#lastWholeCut(page) }));
    }
    return fate;
  }

  /** The page was given back before the op, here as well as for programs, so that there was nothing to punch. */
  #wasCutAway(page: number, op: number): boolean {
    const { file } = this.#space;
    const last = file.pageEvents(page).findLast((index) => {
      const event = file.events[index]!;
      return event.op < op && (!event.isCut || isWholeCut(event, page));
    });
    const event = last === undefined ? undefined : file.events[last]!;
    return event !== undefined && isWholeCut(event, page) && event.op <= this.#cuts;
  }

  #lastWholeCut(page: number): number {
    const { file } = this.#space;
    const last = file.pageEvents(page).findLast((index) => {
      const event = file.events[index]!;
      return event.op <= this.#cuts && isWholeCut(event, page);
    });
    return last === undefined ? 0 : file.events[last]!.op;
  }
}

interface PageFate {
  readonly version: PageVersion;
  /** The last op that gave its blocks back, 0 for none: what was written before has nothing left to lose. */
  readonly cutAway: number;
}

function fateOf(kept: number, parts: number): OpFate['fate'] {
  if (kept === parts) return 'survived';
  return kept === 0 ? 'dropped' : 'torn';
}
