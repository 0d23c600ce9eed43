/**
 * Ways to choose an image of a space: each choice is legal by construction, or it is refused with the rule that forbids it. What
 * was asked for is never changed in silence.
 */
import { pageSizeBytes } from '../page-store.ts';
import { lastIndexAtOrBefore, type Chain } from './chain.ts';
import type { DataEvent, FileHistory } from './file-history.ts';
import type { FileSpace, SizeOption } from './file-space.ts';
import { FateTeller } from './fates.ts';
import type { History } from './history.ts';
import { nothingChosen, type FileChoice, type ImageChoice } from './image-choice.ts';
import { sectorSizeBytes, sectorsPerPage, type PageVersion } from './page-content.ts';
import type { CrashSpace, Draw, Frame, PersistenceProfile, Rule } from './profile.ts';
import { seededDraw } from './random.ts';
import { indexAfter } from './sorted.ts';

export type Selection =
  /** Nothing but what is promised. */
  | { readonly kind: 'lose-all' }
  | { readonly kind: 'keep-all' }
  | { readonly kind: 'random'; readonly seed: number }
  /** The ops up to this position, and none after it. */
  | { readonly kind: 'prefix'; readonly op: number }
  /** Everything but these ops; or these and nothing else that is not promised. */
  | { readonly kind: 'drop' | 'keep'; readonly ops: ReadonlySet<number> }
  /** Everything, but of one write only these sectors, counted from its first. */
  | { readonly kind: 'torn'; readonly op: number; readonly sectors: ReadonlySet<number> };

/** An op that the selection wants otherwise than any legal image has it. */
export interface Refusal {
  readonly op: number;
  readonly wanted: 'kept' | 'dropped' | 'torn';
  /** By which it cannot be. */
  readonly rule: Rule;
}

export type Chosen =
  { readonly ok: true; readonly choice: ImageChoice } | { readonly ok: false; readonly refusal: Refusal };

export function choose(profile: PersistenceProfile, space: CrashSpace, selection: Selection): Chosen {
  switch (selection.kind) {
    case 'lose-all':
      return { ok: true, choice: { frame: space.oldest, rest: 'oldest', ...nothingChosen } };
    case 'keep-all':
      return { ok: true, choice: { frame: space.newest, rest: 'newest', ...nothingChosen } };
    case 'random':
      return { ok: true, choice: chooseRandom(space, seededDraw(selection.seed)) };
    case 'prefix':
      return keepJust(profile, space, (op) => op <= selection.op);
    case 'drop':
      return keepJust(profile, space, (op) => !selection.ops.has(op));
    case 'keep':
      return keepJust(profile, space, (op) => selection.ops.has(op), true);
    case 'torn':
      return tear(profile, space, selection.op, selection.sectors);
  }
}

/** `promisedToo`: what barriers force is kept whether asked for or not. */
function keepJust(
  profile: PersistenceProfile,
  space: CrashSpace,
  isKept: (op: number) => boolean,
  promisedToo = false,
): Chosen {
  const { history } = space;
  const frame = space.frameKeeping(isKept);
  const files = new Map<FileHistory, Partial<FileChoice>>();
  const attributes = new Map<Chain<unknown>, number>();
  for (const { ino, file, mode, xattrs } of history.inodes.values()) {
    for (const chain of changed(mode, xattrs)) {
      const positions = frame.attributePositions(ino, chain);
      attributes.set(chain, positions.findLast((op) => op === 0 || isKept(op)) ?? positions[0]!);
    }
    if (file !== undefined && file.events.length + file.sizes.length > 0) {
      files.set(file, fileKeeping(frame.file(file), isKept));
    }
  }
  const choice: ImageChoice = { frame, rest: 'newest', files, attributes };
  const refused = firstRefused(history, choice, isKept, promisedToo);
  if (refused === undefined) return { ok: true, choice };
  const { op, wanted } = refused;
  return { ok: false, refusal: { op, wanted, rule: profile.ruleFor(history.log.ops[op - 1]!, 'dropped') } };
}

function firstRefused(
  history: History,
  choice: ImageChoice,
  isKept: (op: number) => boolean,
  promisedToo: boolean,
): Pick<Refusal, 'op' | 'wanted'> | undefined {
  const teller = new FateTeller(history, choice);
  for (let op = 1; op <= history.instant.begun; op++) {
    const fate = teller.fateOf(op, history.log.ops[op - 1]!);
    if (fate === undefined) continue;
    if (isKept(op)) {
      if (fate !== 'survived') return { op, wanted: 'kept' };
    } else if (fate !== 'dropped' && !promisedToo && !isOverwritten(history, choice, op)) {
      return { op, wanted: 'dropped' };
    }
  }
  return undefined;
}

/** The attributes of an inode that ops changed. */
function* changed(
  mode: Chain<unknown>,
  xattrs: ReadonlyMap<string, Chain<unknown>>,
): Generator<Chain<unknown>> {
  if (mode.versions.length > 0) yield mode;
  yield* xattrs.values();
}

function fileKeeping(space: FileSpace, isKept: (op: number) => boolean): FileChoice {
  const { file, cuts, sizes } = space;
  const size = sizes.findLast(({ op }) => op === 0 || isKept(op)) ?? sizes[0]!;
  const pages = new Map<number, PageVersion>();
  for (const page of file.changedPages()) pages.set(page, versionKeeping(space, page, size, isKept));
  return { size, cuts: cuts.findLast((op) => op === 0 || isKept(op)) ?? cuts[0]!, pages };
}

/** The newest version that shows nothing of an op that is not to be kept. */
function versionKeeping(
  { file, versions }: FileSpace,
  page: number,
  size: SizeOption,
  isKept: (op: number) => boolean,
): number {
  const options = versions(page, size);
  const indices = file.pageEvents(page);
  // How many events show themselves beyond each place of the list, as differences.
  const shown = new Int32Array(indices.length + 1);
  for (let place = 0; place < indices.length; place++) {
    if (isKept(file.events[indices[place]!]!.op)) continue;
    shown[place]!++;
    shown[coveredAt(file, page, indices, place)]!--;
  }
  for (let place = 1; place < indices.length; place++) shown[place]! += shown[place - 1]!;
  let place = indices.length - 1;
  const shows = (version: number) => {
    while (place >= 0 && file.events[indices[place]!]!.op > version) place--;
    return place >= 0 && shown[place]! > 0;
  };
  return options.findLast((version) => !shows(version)) ?? options[0]!;
}

/** The place in the list of the first later event that leaves nothing of this one to see; its length for none. */
function coveredAt(file: FileHistory, page: number, indices: readonly number[], place: number): number {
  const event = file.events[indices[place]!]!;
  let next = place + 1;
  while (next < indices.length && !covers(file.events[indices[next]!]!, event, page)) next++;
  return next;
}

/** True if, within the page, the one reaches as far as the other. */
function covers(later: DataEvent, earlier: DataEvent, page: number): boolean {
  const origin = page * pageSizeBytes;
  return (
    later.start <= Math.max(earlier.start, origin) &&
    later.end >= Math.min(earlier.end, origin + pageSizeBytes)
  );
}

/** An op of which later ones left nothing to see: whether it was kept cannot be told. */
function isOverwritten(history: History, choice: ImageChoice, op: number): boolean {
  const logged = history.log.ops[op - 1]!;
  if (logged.kind !== 'write') return false;
  const file = history.inode(logged.ino).file!;
  const event = file.eventOf(op);
  if (event === undefined) return true;
  const chosen = choice.files.get(file)?.pages;
  for (let page = Math.floor(event.start / pageSizeBytes); page * pageSizeBytes < event.end; page++) {
    const version = chosen?.get(page);
    const indices = file.pageEvents(page);
    const next = indices[coveredAt(file, page, indices, placeOf(file, indices, op))];
    if (next === undefined) return false;
    if (typeof version === 'number' && file.events[next]!.op > version) return false;
  }
  return true;
}

/** Where the op stands among the events of a page. */
function placeOf(file: FileHistory, indices: readonly number[], op: number): number {
  return indexAfter(indices, lastIndexAtOrBefore(file.events, op)) - 1;
}

function tear(profile: PersistenceProfile, space: CrashSpace, op: number, kept: ReadonlySet<number>): Chosen {
  const logged = space.history.log.ops[op - 1];
  const refuse = (): Chosen => {
    const rule = profile.ruleFor(logged ?? { kind: 'sync' }, 'torn');
    return { ok: false, refusal: { op, wanted: 'torn', rule } };
  };
  if (logged?.kind !== 'write') return refuse();
  const frame = space.newest;
  const fileSpace = frame.file(space.history.inode(logged.ino).file!);
  if (!fileSpace.tears) return refuse();
  const pages = new Map<number, PageVersion>();
  const size = fileSpace.sizes.at(-1)!;
  const first = Math.floor(logged.offset / sectorSizeBytes);
  const end = logged.offset + logged.data.length;
  for (let page = Math.floor(logged.offset / pageSizeBytes); page * pageSizeBytes < end; page++) {
    const versions = fileSpace.versions(page, size);
    const before = versions.findLast((version) => version < op);
    const sectors = Array.from({ length: sectorsPerPage }, (_, index) => {
      const sector = page * sectorsPerPage + index;
      const isOfWrite = sector >= first && sector * sectorSizeBytes < end;
      return isOfWrite && !kept.has(sector - first) ? before : versions.at(-1)!;
    });
    if (sectors.includes(undefined)) return refuse();
    pages.set(page, sectors as number[]);
  }
  const files = new Map([[fileSpace.file, { pages }]]);
  return { ok: true, choice: { frame, rest: 'newest', files, attributes: new Map() } };
}

function chooseRandom(space: CrashSpace, draw: Draw): ImageChoice {
  const frame = space.randomFrame(draw);
  const files = new Map<FileHistory, FileChoice>();
  const attributes = new Map<Chain<unknown>, number>();
  for (const { ino, file, mode, xattrs } of space.history.inodes.values()) {
    for (const chain of changed(mode, xattrs))
      attributes.set(chain, pick(frame.attributePositions(ino, chain), draw));
    if (file !== undefined && file.events.length + file.sizes.length > 0)
      files.set(file, new RandomFile(frame, file, draw(2 ** 31)));
  }
  return { frame, rest: 'newest', files, attributes };
}

/** Drawn when somebody asks, from a seed of its own. */
class RandomFile implements FileChoice {
  readonly #space: () => FileSpace;
  readonly #seed: number;
  #chosen: FileChoice | undefined;

  constructor(frame: Frame, file: FileHistory, seed: number) {
    this.#space = () => frame.file(file);
    this.#seed = seed;
  }

  get cuts(): number {
    return this.#drawn().cuts;
  }

  get size(): SizeOption {
    return this.#drawn().size;
  }

  get pages(): ReadonlyMap<number, PageVersion> {
    return this.#drawn().pages;
  }

  #drawn(): FileChoice {
    this.#chosen ??= randomFile(this.#space(), seededDraw(this.#seed));
    return this.#chosen;
  }
}

function randomFile(space: FileSpace, draw: Draw): FileChoice {
  const { file } = space;
  const size = pick(space.sizes, draw);
  const cuts = pick(space.cuts, draw);
  const pages = new Map<number, PageVersion>();
  // Mostly whole pages: a torn one is rare on real disks too.
  const mayTear = space.tears && draw(2) === 0;
  for (const page of file.changedPages()) {
    const versions = space.versions(page, size);
    const isTorn = mayTear && versions.length > 1 && draw(2) === 0;
    pages.set(
      page,
      isTorn ? Array.from({ length: sectorsPerPage }, () => pick(versions, draw)) : pick(versions, draw),
    );
  }
  return { size, cuts, pages };
}

function pick<Option>(options: readonly Option[], draw: Draw): Option {
  return options[draw(options.length)]!;
}
