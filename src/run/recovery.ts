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
  /** What its own check says, where the read was answered. */
  readonly integrity?: Integrity;
}

export interface RecoverySteps {
  /** Records the final read as it happens. */
  record(op: Pick<HistoryOp, 'type' | 'f'> & Partial<Pick<HistoryOp, 'value' | 'error'>>): void;
  onPhase?(name: string): void;
}

const startAttempts = 3;
const readAttempts = 2;
const readTimeoutMs = 60_000;

/** The machine is booted; it is off afterwards if the target could not be started. */
export async function recover(
  machine: Pick<Machine, 'kill' | 'boot'>,
  instance: Pick<TargetInstance, 'start' | 'connect' | 'verify'>,
  finalRead: ClientOp,
  steps: RecoverySteps,
): Promise<Recovery> {
  const failures: StartError[] = [];
  steps.onPhase?.('start');
  for (let attempt = 1; attempt <= startAttempts; attempt++) {
    const failure = await startFailure(instance);
    if (failure === undefined) {
      steps.onPhase?.('final read');
      const read = await readAll(instance, finalRead, steps);
      if (isSilent(read)) return { failures, started: true, read };
      steps.onPhase?.('integrity check');
      return { failures, started: true, read, integrity: await integrityOf(instance) };
    }
    failures.push(failure);
    // The next attempt meets what the failed one left, as a user's would; only the processes are new.
    await machine.kill();
    if (attempt < startAttempts) await machine.boot();
  }
  return { failures, started: false };
}

async function startFailure(instance: Pick<TargetInstance, 'start'>): Promise<StartError | undefined> {
  try {
    await instance.start();
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
}

/** A target that must be started anew for its check, and cannot be, has failed it. */
async function integrityOf(instance: Pick<TargetInstance, 'verify'>): Promise<Integrity> {
  try {
    return await instance.verify();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { ok: false, method: 'its own check', lines: [error.message, ...error.lastLines].slice(0, 20) };
  }
}

/**
 * Reads through a client of its own. A read that was refused or broken off is tried once more: the first may have met a
 * recovery. One that was not answered in time will not be.
 */
export async function readAll(
  instance: Pick<TargetInstance, 'connect'>,
  finalRead: ClientOp,
  steps: Pick<RecoverySteps, 'record'>,
): Promise<Completion> {
  for (let attempt = 1; ; attempt++) {
    const client = await instance.connect();
    steps.record({ type: 'invoke', f: finalRead.f });
    const completion = await client.invoke(finalRead, readTimeoutMs);
    steps.record({ f: finalRead.f, ...completion });
    await client.close();
    if (completion.type === 'ok' || isSilent(completion) || attempt === readAttempts) return completion;
  }
}

/** No answer came in time. */
export function isSilent({ type, error }: Completion): boolean {
  return type === 'info' && error === 'timeout';
}
