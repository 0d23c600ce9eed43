/**
 * The crew: N clients that work on a target side by side, each a process in Jepsen's sense. A client whose op ended as `info`
 * is never used again: it goes on under a new number. The crew works until it is told to stop.
 */
import type { Client, ClientOp, TargetInstance } from '../targets/target.ts';
import type { Recorder } from './recorder.ts';

export interface CrewOptions {
  readonly instance: TargetInstance;
  readonly recorder: Recorder;
  readonly generator: { next(): ClientOp };
  readonly concurrency: number;
  readonly opTimeoutMs: number;
  /** Ops a second of the whole crew at most: a run must not drown in its own history. */
  readonly ratePerSecond: number;
  /** Numbers that no process has had yet. */
  nextProcess(): number;
}

export interface Crew {
  /** When an op last completed as ok; the crew's start before the first. */
  lastOkMs(): number;
  okCount(): number;
  /** Ends the work. Resolves when every client has closed. */
  stop(): Promise<void>;
}

/** A failing op is not repeated at full speed. */
const pauseAfterFailMs = 20;

export function startCrew(options: CrewOptions, now: () => number): Crew {
  let stopping = false;
  let lastOkMs = now();
  let okCount = 0;
  const stopped = new AbortController();
  const pace = pacer(options.ratePerSecond, now);
  const onOk = () => {
    lastOkMs = now();
    okCount++;
  };
  const loops = Array.from({ length: options.concurrency }, () =>
    clientLoop(options, { isOver: () => stopping, signal: stopped.signal, pace, onOk }),
  );
  return {
    lastOkMs: () => lastOkMs,
    okCount: () => okCount,
    async stop() {
      stopping = true;
      stopped.abort();
      await Promise.all(loops);
    },
  };
}

interface Shift {
  isOver(): boolean;
  readonly signal: AbortSignal;
  pace(signal: AbortSignal): Promise<void>;
  onOk(): void;
}

async function clientLoop(options: CrewOptions, shift: Shift): Promise<void> {
  let processNumber = options.nextProcess();
  let client: Client | undefined;
  while (!shift.isOver()) {
    await shift.pace(shift.signal);
    if (shift.isOver()) break;
    client ??= await options.instance.connect();
    const type = await invoke(options, client, processNumber);
    if (type === 'ok') shift.onOk();
    if (type === 'fail') await sleep(pauseAfterFailMs, shift.signal);
    if (type !== 'info') continue;
    await client.close();
    client = undefined;
    processNumber = options.nextProcess();
    await sleep(pauseAfterFailMs, shift.signal);
  }
  await client?.close();
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
