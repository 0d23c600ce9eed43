/**
 * The crew: N clients that work on a target side by side, each a process in Jepsen's sense. A client whose op ended as `info`
 * is never used again: it goes on under a new number. The crew works until it is told to stop.
 */
import { setMaxListeners } from 'node:events';
import type { Client, ClientOp, TargetInstance } from '../targets/target.ts';
import type { Recorder } from './recorder.ts';

export interface CrewOptions {
  readonly instance: Pick<TargetInstance, 'connect'>;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly generator: { next(): ClientOp };
  readonly concurrency: number;
  readonly opTimeoutMs: number;
  /** Ops a second of the whole crew at most: a run must not drown in its own history. */
  readonly ratePerSecond: number;
  /** Milliseconds of the run. */
  now(): number;
  /** False while the machine is off: there is nobody to ask then. */
  isUp(): boolean;
  /** Numbers that no process has had yet. */
  nextProcess(): number;
}

export interface Crew {
  /** When an op last completed as ok; the crew's start before the first. */
  lastOkMs(): number;
  okCount(): number;
  /** No further op begins; those under way go on. */
  halt(): void;
  /** Halts; resolves when every op under way is over and every client closed. Rejects as `check` throws. */
  stop(): Promise<void>;
  /** Throws what keeps the crew from working: an op that cannot be recorded is not made. */
  check(): void;
}

/** A failing op is not repeated at full speed. */
export const pauseAfterFailMs = 20;

export function startCrew(options: CrewOptions): Crew {
  const { now } = options;
  let lastOkMs = now();
  let okCount = 0;
  let failure: { readonly error: unknown } | undefined;
  const halted = new AbortController();
  // Each client listens while it sleeps: many are no leak.
  setMaxListeners(0, halted.signal);
  const pace = pacer(options.ratePerSecond, now);
  const onOk = () => {
    lastOkMs = now();
    okCount++;
  };
  const shift = { signal: halted.signal, pace, onOk };
  const loops = Array.from({ length: options.concurrency }, () =>
    clientLoop(options, shift).catch((error: unknown) => {
      failure ??= { error };
      halted.abort();
    }),
  );
  const check = () => {
    if (failure !== undefined) throw failure.error;
  };
  return {
    lastOkMs: () => lastOkMs,
    okCount: () => okCount,
    halt: () => halted.abort(),
    async stop() {
      halted.abort();
      await Promise.all(loops);
      check();
    },
    check,
  };
}

interface Shift {
  /** Aborted when the work is over. */
  readonly signal: AbortSignal;
  pace(signal: AbortSignal): Promise<void>;
  onOk(): void;
}

async function clientLoop(options: CrewOptions, { signal, pace, onOk }: Shift): Promise<void> {
  let processNumber = options.nextProcess();
  let client: Client | undefined;
  try {
    while (!signal.aborted) {
      await pace(signal);
      if (signal.aborted) return;
      if (!options.isUp()) {
        await sleep(pauseAfterFailMs, signal);
        continue;
      }
      client ??= await options.instance.connect();
      // Connecting takes its time, and much can happen meanwhile.
      if (signal.aborted || !options.isUp()) continue;
      const type = await invoke(options, client, processNumber);
      if (type === 'ok') onOk();
      else await sleep(pauseAfterFailMs, signal);
      if (type !== 'info') continue;
      await client.close();
      client = undefined;
      processNumber = options.nextProcess();
    }
  } finally {
    await client?.close();
  }
}

async function invoke(
  options: CrewOptions,
  client: Client,
  processNumber: number,
): Promise<'ok' | 'fail' | 'info'> {
  const op = options.generator.next();
  const value = op.value === undefined ? {} : { value: op.value };
  options.recorder.record({ process: processNumber, type: 'invoke', f: op.f, ...value });
  const completion = await client.invoke(op, options.opTimeoutMs);
  options.recorder.record({
    process: processNumber,
    type: completion.type,
    f: op.f,
    ...(completion.value === undefined ? value : { value: completion.value }),
    ...(completion.error === undefined ? {} : { error: completion.error }),
  });
  return completion.type;
}

/** Spaces ops evenly: each takes the next free slot, and nobody saves up slots while the target is slow. */
function pacer(ratePerSecond: number, now: () => number): (signal: AbortSignal) => Promise<void> {
  const stepMs = 1000 / ratePerSecond;
  let nextMs = now();
  return async (signal) => {
    const at = now();
    nextMs = Math.max(nextMs + stepMs, at);
    // Timers are a millisecond coarse: what is due within one is due now.
    if (nextMs - at >= 1) await sleep(nextMs - at, signal);
  };
}

/** Ends early when the signal is aborted. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
