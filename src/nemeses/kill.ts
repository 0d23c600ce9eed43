/** `kill`: takes the processes and leaves the disk. The control: what it loses was never handed to the disk. */
import type { Nemesis } from './nemesis.ts';

export const kill: Nemesis = {
  name: 'kill',
  about: 'kills every process and leaves the disk as it is (the control)',
  tests: 'kill',
  strike: (circumstances) => circumstances.kill(),
};
