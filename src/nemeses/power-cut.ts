/** `power-cut`: work → cut → boot, again and again on the same data. */
import type { Nemesis } from './nemesis.ts';

export const powerCut: Nemesis = {
  name: 'power-cut',
  about: 'cuts the power: every process dies and what was not synced is lost; then the machine boots again',
  tests: 'power-loss',
  strike: (circumstances) => circumstances.cutPower(),
};
