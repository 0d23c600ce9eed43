/**
 * A power cut of a disk that records: what it leaves by the rules of any profile and a choice among the ops that no barrier covered.
 * The image comes first; what the cut took is worked out when somebody asks, which can cost more than the cut.
 */
import { crashImageOf } from '../crash-image.ts';
import type { DiskState } from '../disk-state.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';
import type { Loss } from '../unsynced.ts';
import { chooseCut, type NumberedSelection } from './chosen-cut.ts';
import { settleChoice } from './chosen-image.ts';
import { lossOfChoice } from './chosen-loss.ts';

export interface RecordedCut {
  readonly image: DiskState;
  /** For as long as neither disk nor image changes. */
  readonly loss: () => Loss;
}

export interface Refused {
  readonly refused: string;
}

export function cutOf(
  state: DiskState,
  profile: PersistenceProfile,
  selection: NumberedSelection,
): RecordedCut | Refused {
  if (selection.kind !== 'lose-all' || !promisesNothing(state, profile))
    return cutByLog(state, profile, selection);
  const timeMs = state.clock.monotonicMs();
  const image = crashImageOf(state, 'lose-all');
  return { image, loss: () => lossOf(state, profile, selection, { image: image.table, timeMs }) };
}

/** The same, from the log alone. */
export function cutByLog(
  state: DiskState,
  profile: PersistenceProfile,
  selection: NumberedSelection,
): RecordedCut | Refused {
  const timeMs = state.clock.monotonicMs();
  const chosen = chooseCut(state, profile, selection);
  if ('refused' in chosen) return chosen;
  const image = state.over(state.table.fork(true));
  settleChoice(image, chosen.log, chosen.history, chosen.choice);
  return { image, loss: () => lossOfChoice(state, profile, chosen, { image: image.table, timeMs }) };
}

/** Then all that may be lost is all that is un-synced, and the two faces know that, where nothing is durable by itself. */
function promisesNothing(state: DiskState, { promisesByBarriers }: PersistenceProfile): boolean {
  const { recorder, isPinned, profile: faces } = state;
  const isOfBarriers = promisesByBarriers && faces.persistence.promisesByBarriers && isPinned === undefined;
  return isOfBarriers && recorder?.promisesNothing === true;
}

function lossOf(
  state: DiskState,
  profile: PersistenceProfile,
  selection: NumberedSelection,
  left: Parameters<typeof lossOfChoice>[3],
): Loss {
  const chosen = chooseCut(state, profile, selection);
  if ('refused' in chosen) throw new Error(chosen.refused);
  return lossOfChoice(state, profile, chosen, left);
}
