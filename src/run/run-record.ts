/** `run.json`: what is needed to check a stored run again, or to boot one of its images: beside the history, the facts. */
import type { RunFacts } from '../checkers/facts.ts';
import type { NemesisSpan, Sample } from '../report/results.ts';
import type { TestOptions } from './options.ts';

export interface RunRecord {
  readonly format: 1;
  readonly options: TestOptions;
  readonly facts: RunFacts;
  /** Boots in which un-synced data vanished under a living target: what they show is a note. */
  readonly sufferedBoots: readonly number[];
  readonly cuts: number;
  readonly kills: number;
  readonly droppedOps: number;
  readonly imagesRead: number;
  readonly samples: readonly Sample[];
  readonly spans: readonly NemesisSpan[];
}
