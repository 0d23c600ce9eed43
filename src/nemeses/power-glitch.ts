/**
 * `power-glitch`: work → checkpoint of the whole disk → work → cut → boot. The checkpoint makes durable what was never
 * synced at start, so that the cut finds what lies beneath it.
 */
import type { Nemesis } from './nemesis.ts';

export const powerGlitch: Nemesis = {
  name: 'power-glitch',
  about: 'checkpoints the whole disk, lets clients work on, then cuts the power',
  tests: 'power-loss',
  async strike(circumstances) {
    await circumstances.checkpoint();
    await circumstances.work(circumstances.intervalMs / 2);
    await circumstances.cutPower();
  },
};
