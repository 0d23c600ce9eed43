/**
 * Whether a program that was ended by SIGKILL was killed alone (by the kernel for want of memory, say) or together with its
 * machine. The machine learns of its own end a moment before or after the program's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machine/machine.ts';

const stepMs = 5;
const patienceMs = 500;

/** False as soon as the machine is seen to be off. */
export async function killedAlone(machine: Pick<Machine, 'running'>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += stepMs) {
    if (!machine.running) return false;
    await delay(stepMs, undefined, { ref: false });
  }
  return machine.running;
}
