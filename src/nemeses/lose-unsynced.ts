/**
 * `lose-unsynced`: drops un-synced data while the program lives on, as LazyFS does; names and open inodes stay. No power cut
 * does that to a living process, so what it suffers is a note; the durable state of that instant is booted apart, and
 * what fails there fails the run.
 */
import type { Nemesis } from './nemesis.ts';

export const loseUnsynced: Nemesis = {
  name: 'lose-unsynced',
  about:
    'drops un-synced data under the living target; the durable state of that instant is booted apart and judged',
  tests: 'power-loss',
  needsOwnDisk: true,
  strike: (circumstances) => circumstances.loseUnsynced(),
};
