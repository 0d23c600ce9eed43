/** Un-synced files as a reader wants them: what hurts first, each with the target's word on it. Pure. */
import type { UnsyncedEntry } from './results.ts';

export type Word = 'harmless' | 'lost means trouble' | 'not expected';

/** The target's word: un-synced by design and harmless, by design but its loss hurts, or never mentioned. */
export function wordOn(entry: UnsyncedEntry): Word {
  if (entry.expected === undefined) return 'not expected';
  return entry.expected.harmless ? 'harmless' : 'lost means trouble';
}

const rank: Readonly<Record<Word, number>> = { 'lost means trouble': 0, 'not expected': 1, harmless: 2 };

export function mostTellingFirst(entries: readonly UnsyncedEntry[]): readonly UnsyncedEntry[] {
  return entries.toSorted(
    (a, b) => rank[wordOn(a)] - rank[wordOn(b)] || b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1),
  );
}

export function totalBytes(entries: readonly UnsyncedEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
}
