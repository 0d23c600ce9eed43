/**
 * A persistence profile: what a power cut may keep. It is a small abstract machine with three kinds of steps: ops of programs,
 * background steps that the kernel takes when it likes (write pages back, commit a journal), and barriers that force background
 * steps before they return. An image is legal if some run of the machine leaves it. The background steps are chosen here as a
 * *frame* (how far metadata got) and, in it and independent of each other, a choice for each file and each attribute: so images
 * are legal by construction, membership is one look at each cell, and counting is a product.
 */
import type { Chain } from './chain.ts';
import type { LoggedOp } from './crash-log.ts';
import type { FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';
import type { EntryCell, History } from './history.ts';

export interface Rule {
  /** As `ext4.commit-order`. */
  readonly id: string;
  readonly sentence: string;
  /** Where it is written down or was measured. */
  readonly source: string;
}

export interface PersistenceProfile {
  readonly name: string;
  readonly about: string;
  readonly rules: readonly Rule[];
  /** Without a barrier nothing is promised: all that came after the base may be lost. */
  readonly promisesByBarriers: boolean;
  /** All that may be left at the instant of the history. */
  space(history: History): CrashSpace;
  /** The rule by which an op may be lost, or only a part of it be kept. */
  ruleFor(op: LoggedOp, fate: 'dropped' | 'torn'): Rule;
}

/** One way in which the metadata may stand. Positions are those of ops: up to it, what concerns the cell took effect. */
export interface Frame {
  entryPosition(cell: EntryCell): number;
  /** Sorted; at least one. */
  attributePositions(ino: number, chain: Chain<unknown>): readonly number[];
  file(file: FileHistory): FileSpace;
}

/** A source of choices: a whole number from 0 up to, not including, the bound. */
export type Draw = (bound: number) => number;

/** Told of an entry of a directory and the inode it would have; false if that is out of the question. */
export type EntryFilter = (cell: EntryCell, ino: number | undefined) => boolean;

export interface CrashSpace {
  readonly history: History;
  /** Nothing but what is promised. */
  readonly oldest: Frame;
  readonly newest: Frame;
  /** The frames that differ from the newest in so many choices; none from some distance on. */
  frames(distance: number): Iterable<Frame>;
  /** All frames that can pass the filter, and perhaps others. */
  framesThrough(filter: EntryFilter): Iterable<Frame>;
  readonly frameCount: bigint;
  /** The frame that comes nearest to keeping just these ops. */
  frameKeeping(isKept: (op: number) => boolean): Frame;
  /** Each frame has a chance. */
  randomFrame(draw: Draw): Frame;
}
