/** `unsynced-report`: harms nothing; asks periodically what is un-synced, and reports it at the end. */
import type { Nemesis } from './nemesis.ts';

export const unsyncedReport: Nemesis = {
  name: 'unsynced-report',
  about: 'asks the disk periodically what is un-synced; harms nothing',
  tests: 'nothing',
  pace: 0.2,
  strike: (circumstances) => circumstances.takeReport(),
};
