/** What a chosen cut takes, file by file: the same description as of what is un-synced, of the ops that were lost alone. */
import { DirtyRanges } from '../dirty-ranges.ts';
import { displayName, type DiskState } from '../disk-state.ts';
import type { InodeTable } from '../inode-table.ts';
import type { Op } from '../op.ts';
import { pageSizeBytes } from '../page-store.ts';
import { isDataOp, placesOf, type DataOp } from '../persistence/crash-log.ts';
import { lossRules } from '../persistence/loss-rules.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';
import type { Place } from '../place.ts';
import { maxLossOps, maxNames, maxRanges, type Loss, type UnsyncedFile } from '../unsynced.ts';
import { lostOps, opsOf, type ChosenCut } from './chosen-cut.ts';

/** `image`: what is left. */
export function lossOfChoice(
  state: DiskState,
  profile: PersistenceProfile,
  chosen: ChosenCut,
  { image, timeMs }: { readonly image: InodeTable; readonly timeMs: number },
): Loss {
  const lost = lostOps(profile, chosen);
  const files = new Map<number, LostParts>();
  const partsOf = (ino: number): LostParts => {
    const known = files.get(ino) ?? new LostParts();
    files.set(ino, known);
    return known;
  };
  for (const each of lost) {
    const { logged, op } = each.recorded;
    if (logged === undefined) continue;
    const places = placesOf(logged);
    if (isDataOp(logged)) partsOf(logged.ino).addData(op, logged);
    else if (places.length > 0) for (const place of places) partsOf(place.parent).addName(op, place);
    else if ('ino' in logged) partsOf(logged.ino).addMetadata(op);
  }
  const described = [...files]
    .filter(([ino]) => state.table.get(ino) !== undefined)
    .map(([ino, parts]) => describe(state, image, ino, parts, timeMs))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.ino - b.ino));
  const ops = opsOf(lost);
  const torn = opsOf(lost.filter(({ isTorn }) => isTorn)).map(({ number }) => number);
  return {
    timeMs,
    sizeBytes: described.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: described,
    ops: ops.slice(-maxLossOps),
    opCount: ops.length,
    ...(torn.length === 0 ? {} : { torn: torn.slice(-maxLossOps) }),
    rules: lossRules(
      profile,
      lost.map(({ recorded, isTorn }) => ({ logged: recorded.logged!, isTorn })),
    ),
  };
}

class LostParts {
  readonly dirty = new DirtyRanges();
  readonly names: Place[] = [];
  hasMetadata = false;
  first: Op | undefined;
  last: Op | undefined;

  addData(op: Op, logged: DataOp): void {
    this.#note(op);
    if (logged.kind !== 'write') {
      this.hasMetadata = true;
      return;
    }
    const end = logged.offset + logged.data.length;
    for (let page = Math.floor(logged.offset / pageSizeBytes); page * pageSizeBytes < end; page++) {
      const origin = page * pageSizeBytes;
      const from = Math.max(0, logged.offset - origin);
      this.dirty.add(page, from, Math.min(pageSizeBytes, end - origin));
    }
  }

  addName(op: Op, place: Place): void {
    this.addMetadata(op);
    this.names.push(place);
  }

  addMetadata(op: Op): void {
    this.#note(op);
    this.hasMetadata = true;
  }

  #note(op: Op): void {
    this.first ??= op;
    this.last = op;
  }
}

function describe(
  state: DiskState,
  image: InodeTable,
  ino: number,
  { dirty, names, hasMetadata, first, last }: LostParts,
  now: number,
): UnsyncedFile {
  const inode = state.table.get(ino)!;
  return {
    path: state.pathOf(inode) || '.',
    ino: inode.shownIno,
    kind: inode.kind === 'file' || inode.kind === 'directory' ? inode.kind : 'other',
    sizeBytes: dirty.sizeBytes,
    ranges: dirty.ranges(maxRanges),
    metadata: hasMetadata,
    names: [...new Set(names.map((place) => changeOf(state.table, image, place)))].slice(0, maxNames),
    nameUnsynced: inode.links.length > 0 && (image.get(ino)?.links.length ?? 0) === 0,
    ageMs: Math.max(0, now - first!.timeMs),
    lastOp: last!,
  };
}

/** `+`: it was made, and is not there; `-`: it was taken away, and is there again; `=`: it stands for another inode. */
function changeOf(table: InodeTable, image: InodeTable, { parent, name }: Place): string {
  const sign =
    table.get(parent)?.volatile.entries.has(name) !== true
      ? '-'
      : image.get(parent)?.volatile.entries.has(name) === true
        ? '='
        : '+';
  return `${sign}${displayName(name)}`;
}
