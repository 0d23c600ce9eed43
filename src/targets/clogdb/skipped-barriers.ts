/** Barriers of clogdb by name, as examples/clogdb has them: which are left out, as a setting says. Pure. */
import { settingOf } from '../settings.ts';
import type { Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';

export const barrierNames = [
  'data-directory',
  'config-file',
  'metadata-file',
  'metadata-name',
  'recovered-tail',
  'recovered-name',
  'segment-name',
  'commit',
  'object-file',
  'object-name',
  'object-directory',
  'manifest-file',
  'snapshot-directory',
  'snapshot-name',
] as const;

export type BarrierName = (typeof barrierNames)[number];

/** Throws a UsageError for a name that clogdb does not have. */
export function skippedBarriers(settings: Settings): readonly BarrierName[] {
  const text = settingOf(settings, 'skip-barrier');
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const name = barrierNames.find((known) => known === word.trim());
    if (name !== undefined) return name;
    throw new UsageError(
      `unknown barrier of clogdb \`${word.trim()}\` (known: none, ${barrierNames.join(', ')})`,
    );
  });
}
