/**
 * results.json: what a run found, the one record that the terminal, the page and `--json` are all made from. Pure data.
 * Every time in it, those of disk ops included, is in milliseconds since the run began, as in the history.
 */
import type { JudgedContract } from '../checkers/contract.ts';
import type { BrokenOp, FindingClass } from '../checkers/finding.ts';
import type { Json, Valid } from '../checkers/history.ts';
import type { Op, Range } from '../disk/op.ts';
import type { WriteMode } from '../fuse/session.ts';

export interface Results {
  readonly valid: Valid;
  /** Why it is unknown, in a sentence, when it is. */
  readonly unknown?: string;
  readonly target: {
    readonly name: string;
    readonly version: string;
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly workload: string;
  readonly nemesis: readonly string[];
  /** Of a run on a real file system `real ext4`: no profile of ours said what survives. */
  readonly profile: string;
  /** What cuts kept of what they might have lost, as asked for: `lose-all`, `random`, … */
  readonly image: string;
  /** Which findings fail a run under `strict`: those that a real file system can bring about, or all. */
  readonly failOn: 'real' | 'strict';
  /** The real file system that the target lay on, where it did. */
  readonly fileSystem?: {
    readonly name: string;
    readonly kernel: string;
    readonly mkfs: string;
    readonly mountOptions: string;
    readonly sizeBytes: number;
  };
  readonly writes: WriteMode;
  readonly contract: JudgedContract;
  readonly seed: number;
  /** The command that repeats this run. */
  readonly command: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly powercut: string;
  readonly cuts: number;
  readonly ops: {
    readonly invoked: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
  };
  readonly checkers: Readonly<Record<string, { readonly valid: Valid } & { readonly [key: string]: Json }>>;
  readonly findings: readonly Finding[];
  readonly unsynced: readonly UnsyncedEntry[];
  readonly notes: readonly string[];
  /** Directory of this run. */
  readonly store: string;
}

export interface Finding {
  /** From 1, as in store/…/findings/N. */
  readonly number: number;
  readonly class: FindingClass;
  readonly message: string;
  /** The cut that showed it, from 1; 0 when there was none. */
  readonly cut: number;
  readonly timeMs: number;
  /** Profiles under which it was seen: that of the run, then the others that showed it. */
  readonly profiles: readonly string[];
  /** The same choice at the same cut, tried under the other profiles. */
  readonly tried: readonly Tried[];
  /** Seen under `strict`, and no profile of a real file system shows anything: a portability warning. */
  readonly portability?: true;
  readonly evidence: {
    /** The first acknowledged op that is missing or wrong; absent when the target does not start or open. */
    readonly op?: BrokenOp;
    /** How many ops are broken in the same way. */
    readonly count: number;
    /** The dropped disk ops that justify it, the most telling first; at most 50. */
    readonly diskOps: readonly Op[];
    /** Names of the processes in `diskOps`, by pid, where they could be read. */
    readonly processes?: Readonly<Record<string, string>>;
    /** The instant of the cut that dropped them. */
    readonly cutMs?: number;
    /** The profile's rule that allows the drop. */
    readonly rule: string;
    /** The proof as people read it, one sentence each. */
    readonly sentences: readonly string[];
    /** Last lines of the target's log, for one that failed to start. */
    readonly log?: readonly string[];
    readonly exitCode?: number | null;
  };
  /** Directory of the crash image relative to the store directory, where one was kept. */
  readonly image?: string;
}

/** What became of the same choice at the same cut under another profile. */
export interface Tried {
  readonly profile: string;
  /** A finding of the same class; one of another class; nothing; or it was not tried. */
  readonly outcome: 'same' | 'other' | 'nothing' | 'untried';
  /** Of the finding that was made instead. */
  readonly class?: FindingClass;
  /** What was found instead, why it was not tried, or why nothing proves little; a clause. */
  readonly detail?: string;
}

export interface UnsyncedEntry {
  readonly path: string;
  readonly sizeBytes: number;
  readonly ranges: readonly Range[];
  /** Names of a directory, added (+name), removed (-name) or replaced (=name). */
  readonly names?: readonly string[];
  readonly ageMs: number;
  readonly lastOp: Op;
  readonly process?: string;
  /** The target's word on it: by design and harmless, by design, or lost means trouble. */
  readonly expected?: { readonly harmless: boolean; readonly why: string };
}

/** A sample of the run for the plots, about ten a second. */
export interface Sample {
  readonly timeMs: number;
  readonly unsyncedBytes: number;
  readonly diskOps: number;
}

/** A span of the nemesis on the time axis. */
export interface NemesisSpan {
  readonly f: string;
  readonly startMs: number;
  readonly endMs: number;
}
