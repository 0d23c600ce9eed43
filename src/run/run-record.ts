/**
 * `run.json`: what is needed to check a stored run again, or to boot one of its images: beside the history, the facts. It is
 * written when a run begins and again at each boot, so that a run which was killed can be analysed too.
 */
import type { RunFacts } from '../checkers/facts.ts';
import type { NemesisSpan, Results, Sample } from '../report/results.ts';
import type { TestOptions } from './options.ts';

export interface RunRecord {
  readonly format: 1;
  /** False until the run has come to its end. */
  readonly finished: boolean;
  readonly powercut: string;
  readonly startedAt: string;
  /** As long as it took until this was written. */
  readonly durationMs: number;
  readonly options: TestOptions;
  readonly target: Results['target'];
  readonly fileSystem?: NonNullable<Results['fileSystem']>;
  readonly facts: RunFacts;
  readonly tally: Tally;
  /** What the run itself noted; checkers note more. */
  readonly notes: readonly string[];
  /** For the plots; empty until the run has finished. */
  readonly samples: readonly Sample[];
  readonly spans: readonly NemesisSpan[];
}

/** What happened to the target. */
export interface Tally {
  readonly cuts: number;
  readonly kills: number;
  /** Ops that cuts dropped. */
  readonly droppedOps: number;
}
