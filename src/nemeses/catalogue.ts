/** Every nemesis by name. A new one is a file beside this and a word here. */
import { kill } from './kill.ts';
import { loseUnsynced } from './lose-unsynced.ts';
import type { Nemesis } from './nemesis.ts';
import { powerCut } from './power-cut.ts';
import { powerGlitch } from './power-glitch.ts';
import { recoveryCut } from './recovery-cut.ts';
import { unsyncedReport } from './unsynced-report.ts';

export const nemeses: ReadonlyMap<string, Nemesis> = new Map(
  [powerCut, recoveryCut, powerGlitch, loseUnsynced, unsyncedReport, kill].map((nemesis) => [
    nemesis.name,
    nemesis,
  ]),
);
