/**
 * A power cut by any profile: what the recorder's log allows, the image of a selection from it, and what that takes from programs.
 * A selection that the profile forbids is refused with its rule.
 */
import type { DiskState } from '../disk-state.ts';
import type { Op } from '../op.ts';
import { choose, type Selection } from '../persistence/choose.ts';
import { fatesOf } from '../persistence/fates.ts';
import { History } from '../persistence/history.ts';
import type { ImageChoice } from '../persistence/image-choice.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';
import { durableTree } from './durable-tree.ts';
import type { Recorded } from './recorded.ts';

/** A choice among what the log allows. */
export interface ChosenCut {
  readonly log: readonly Recorded[];
  readonly history: History;
  readonly choice: ImageChoice;
}

export interface LostOp {
  readonly recorded: Recorded;
  readonly isTorn: boolean;
}

/** As `Selection` of persistence/choose.ts, but of the numbers of ops rather than of positions in a log. */
export type NumberedSelection = Selection;

export interface RecordedHistory {
  readonly log: readonly Recorded[];
  readonly history: History;
}

/** What happened since everything was durable last, as profiles read it; or why nobody knows. Valid until the disk changes. */
export function recordedHistory({
  recorder,
  table,
}: DiskState): RecordedHistory | { readonly refused: string } {
  if (recorder === undefined)
    return { refused: 'this disk keeps no log of its ops: a cut can only lose all or keep all' };
  recorder.fold();
  const log = recorder.recorded();
  if (log === undefined)
    return { refused: 'more ops came without a barrier than the log of this disk can hold: cut earlier' };
  const ops = log.map(({ logged }) => logged!);
  const instant = { done: ops.length, begun: ops.length };
  return { log, history: new History({ base: durableTree(table, log), ops }, instant) };
}

export function chooseCut(
  state: DiskState,
  profile: PersistenceProfile,
  selection: NumberedSelection,
): ChosenCut | { readonly refused: string } {
  const recorded = recordedHistory(state);
  if ('refused' in recorded) return recorded;
  const { log, history } = recorded;
  const positions = inPositions(selection, log);
  if (typeof positions === 'string') return { refused: positions };
  const chosen = choose(profile, profile.space(history), positions);
  if (!chosen.ok) {
    const { op, wanted, rule } = chosen.refusal;
    return {
      refused: `op ${log[op - 1]!.op.number} cannot be ${wanted} under ${profile.name}: ${rule.sentence} (${rule.source})`,
    };
  }
  return { log, history, choice: chosen.choice };
}

/** The ops that do not survive whole, in order. */
export function lostOps(profile: PersistenceProfile, { log, history, choice }: ChosenCut): readonly LostOp[] {
  return fatesOf(profile, history, choice)
    .filter(({ fate }) => fate !== 'survived')
    .map(({ op, fate }) => ({ recorded: log[op - 1]!, isTorn: fate === 'torn' }));
}

/** Numbers as positions in the log; a sentence where one is not in it. */
function inPositions(selection: NumberedSelection, log: readonly Recorded[]): Selection | string {
  switch (selection.kind) {
    case 'prefix': {
      const after = log.findIndex(({ op, logged }) => op.number > selection.op && logged!.kind !== 'touch');
      return { kind: 'prefix', op: after < 0 ? log.length : after };
    }
    case 'drop':
    case 'keep': {
      const found = new Map<number, number[]>();
      for (const [index, { op, logged }] of log.entries()) {
        if (!selection.ops.has(op.number) || !isChange(logged!.kind)) continue;
        found.set(op.number, [...(found.get(op.number) ?? []), index + 1]);
      }
      const missing = [...selection.ops].find((number) => !found.has(number));
      if (missing !== undefined) return notInLog(missing);
      return { kind: selection.kind, ops: new Set([...found.values()].flat()) };
    }
    case 'torn': {
      const index = log.findIndex(({ op, logged }) => op.number === selection.op && logged!.kind === 'write');
      return index < 0 ? notInLog(selection.op) : { ...selection, op: index + 1 };
    }
    default:
      return selection;
  }
}

function isChange(kind: string): boolean {
  return kind !== 'touch' && kind !== 'close' && kind !== 'fsync' && kind !== 'fdatasync' && kind !== 'sync';
}

function notInLog(number: number): string {
  return `op ${number} is nothing that a cut now could take: a barrier has made it durable, or it was none of this disk since the last cut`;
}

/** The ops, each once, in order. */
export function opsOf(lost: readonly LostOp[]): readonly Op[] {
  return lost.map(({ recorded }) => recorded.op).filter((op, index, all) => op !== all[index - 1]);
}
