/**
 * What a target does on what a cut left: start it, three times if need be; read everything; let it check itself. The same for
 * a machine on its disk, for an exported crash image, and for a replay.
 */
import type { HistoryOp } from '../checkers/history.ts';
import type { Machine } from '../machine/machine.ts';
import {
  StartError,
  type ClientOp,
  type Completion,
  type Integrity,
  type TargetInstance,
} from '../targets/target.ts';

export interface Recovery {
  /** Failed starts, in order; with three of them the target could not be restarted. */
  readonly failures: readonly StartError[];
  readonly started: boolean;
  /** The read of everything, where the target started. */
  readonly read?: Completion;
  readonly integrity?: Integrity;
}

export interface RecoverySteps {
  /** Records the final read as it happens. */
  record(op: Pick<HistoryOp, 'type' | 'f'> & Partial<Pick<HistoryOp, 'value' | 'error'>>): void;
  onPhase?(name: string): void;
}

const startAttempts = 3;
const readTimeoutMs = 60_000;

export async function recover(
  machine: Machine,
  instance: TargetInstance,
  finalRead: ClientOp,
  steps: RecoverySteps,
): Promise<Recovery> {
  const failures: StartError[] = [];
  steps.onPhase?.('start');
  for (let attempt = 1; attempt <= startAttempts; attempt++) {
    const failure = await tryStart(instance);
    if (failure === undefined) {
      steps.onPhase?.('final read');
      const read = await readAll(instance, finalRead, steps);
      steps.onPhase?.('integrity check');
      return { failures, started: true, read, integrity: await instance.verify() };
    }
    failures.push(failure);
    // The next attempt meets what the failed one left, as a user's would; only the processes are new.
    await machine.kill();
    if (attempt < startAttempts) await machine.boot();
  }
  return { failures, started: false };
}

async function tryStart(instance: TargetInstance): Promise<StartError | undefined> {
  try {
    await instance.start();
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
}

/** Reads through a client of its own. A read that did not answer is tried once more: the first may have met a recovery. */
export async function readAll(
  instance: TargetInstance,
  finalRead: ClientOp,
  steps: RecoverySteps,
): Promise<Completion> {
  let completion: Completion = { type: 'info', error: 'not asked' };
  for (let attempt = 1; attempt <= 2 && completion.type !== 'ok'; attempt++) {
    const client = await instance.connect();
    steps.record({ type: 'invoke', f: finalRead.f });
    completion = await client.invoke(finalRead, readTimeoutMs);
    steps.record({ f: finalRead.f, ...completion });
    await client.close();
  }
  return completion;
}
