/**
 * `recovery-cut`: work → cut → boot, and the power goes again while the target starts: a recovery has barriers of its own,
 * and must be able to begin anew on what an interrupted one left.
 */
import type { Nemesis } from './nemesis.ts';

export const recoveryCut: Nemesis = {
  name: 'recovery-cut',
  about: 'cuts the power, and cuts it again while the target recovers from the first cut',
  tests: 'power-loss',
  strike: (circumstances) => circumstances.cutRecovery(),
};
