/** What clogdb promises: with all its barriers, everything that it confirmed. */
import { strictContract } from '../../checkers/contract.ts';
import { settingOf } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';
import { skippedBarriers } from './skipped-barriers.ts';

/** examples/clogdb/src/database.ts: `maxUnconfirmed`. */
const maxUnconfirmed = 100;

export function clogdbContract(settings: Settings): Documented {
  const skipped = skippedBarriers(settings);
  const isConfirmed = settingOf(settings, 'confirmed') === 'true';
  const loss = { acknowledged: { lossLastOps: maxUnconfirmed }, order: 'prefix' } as const;
  // Unconfirmed transactions are in the memory of the process alone, so that its death takes them, too.
  const kill = isConfirmed ? {} : { kill: loss };
  if (skipped.length > 0)
    return { unsafe: `skip-barrier=${skipped.join(',')}: each barrier is needed`, ...kill };
  if (isConfirmed) {
    return {
      ...strictContract,
      reason: 'a confirmed transaction is answered when its record is synced: all of them are durable',
    };
  }
  return {
    ...strictContract,
    ...loss,
    ...kill,
    reason:
      `confirmed=false: the last ${maxUnconfirmed} transactions may be lost, in order, for so many are answered before ` +
      'they are durable; the database stays consistent',
  };
}
