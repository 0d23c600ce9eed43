/**
 * Ways to choose an image of a space: each choice is legal by construction, or it is refused with the rule that forbids it. What
 * was asked for is never changed in silence.
 */
import { pageSizeBytes } from '../page-store.ts';
import type { Chain } from './chain.ts';
import type { Place } from '../place.ts';
import type { LoggedOp } from './crash-log.ts';
import type { FileHistory } from './file-history.ts';
import { fileKeeping, isOverwritten } from './file-keeping.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import { fatesOf, FateTeller } from './fates.ts';
import type { History } from './history.ts';
import { nothingChosen, type FileChoice, type ImageChoice } from './image-choice.ts';
import { sectorSizeBytes, sectorsPerPage, type PageVersion } from './page-content.ts';
import type { CrashSpace, Draw, Frame, PersistenceProfile, Rule } from './profile.ts';
import { seededDraw } from './random.ts';

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
      return keepJust(profile, space, (op) => selection.ops.has(op), promisedBy(profile, space));
    case 'torn':
      return tear(profile, space, selection.op, selection.sectors);
  }
}

/** Ops of which something is there even where all is lost that may be. */
function promisedBy(profile: PersistenceProfile, space: CrashSpace): ReadonlySet<number> {
  const choice: ImageChoice = { frame: space.oldest, rest: 'oldest', ...nothingChosen };
  const fates = fatesOf(profile, space.history, choice);
  return new Set(fates.filter(({ fate }) => fate !== 'dropped').map(({ op }) => op));
}

const nothingPromised: ReadonlySet<number> = new Set();

/** `promised`: ops that may be there whether asked for or not. */
function keepJust(
  profile: PersistenceProfile,
  space: CrashSpace,
  isKept: (op: number) => boolean,
  promised = nothingPromised,
): Chosen {
  const { history } = space;
  const frame = space.frameKeeping((op) => isKept(op) || promised.has(op));
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
  const refused = firstRefused(history, choice, isKept, promised);
  if (refused === undefined) return { ok: true, choice };
  const { op, wanted } = refused;
  return { ok: false, refusal: { op, wanted, rule: profile.ruleFor(history.log.ops[op - 1]!, 'dropped') } };
}

function firstRefused(
  history: History,
  choice: ImageChoice,
  isKept: (op: number) => boolean,
  promised: ReadonlySet<number>,
): Pick<Refusal, 'op' | 'wanted'> | undefined {
  const teller = new FateTeller(history, choice);
  for (let op = 1; op <= history.instant.begun; op++) {
    const fate = teller.fateOf(op, history.log.ops[op - 1]!);
    if (fate === undefined) continue;
    if (isKept(op)) {
      if (fate !== 'survived') return { op, wanted: 'kept' };
    } else if (fate !== 'dropped' && !promised.has(op) && !isOutdated(history, choice, op)) {
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

/** An op of which later ones left nothing to see: whether it was kept cannot be told. */
function isOutdated(history: History, choice: ImageChoice, op: number): boolean {
  const logged = history.log.ops[op - 1]!;
  if (logged.kind !== 'write') return isReplaced(history, choice, op, logged);
  const file = history.inode(logged.ino).file!;
  return isOverwritten(file, choice.files.get(file)?.pages, op);
}

/** Each name that it gave or took has been given or taken again. */
function isReplaced(history: History, { frame }: ImageChoice, op: number, logged: LoggedOp): boolean {
  const places = placesOf(logged);
  return (
    places.length > 0 &&
    places.every((place) => {
      const cell = history.cell(place);
      return cell.chain.positionAt(frame.entryPosition(cell)) > op;
    })
  );
}

function placesOf(op: LoggedOp): readonly Place[] {
  if (op.kind === 'rename' || op.kind === 'exchange') return [op.from, op.to];
  return 'place' in op && op.place !== undefined ? [op.place] : [];
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
