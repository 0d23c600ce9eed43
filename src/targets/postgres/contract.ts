/**
 * What PostgreSQL's documentation promises after a crash, by the settings that change it. Sources: chapter "Reliability and
 * the Write-Ahead Log", runtime-config-wal. Whatever is not named here is safe by default or does not touch durability.
 */
import { strictContract } from '../../checkers/contract.ts';
import type { Documented, Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';

const page = 'https://www.postgresql.org/docs/current/runtime-config-wal.html';

export function postgresContract(settings: Settings): Documented {
  const asynchronous = settings['synchronous_commit'] === 'off';
  const loss = asynchronous ? asynchronousLoss(settings) : undefined;
  const unsafe = unsafeSetting(settings);
  if (unsafe !== undefined) return { ...unsafe, ...(loss === undefined ? {} : { kill: loss }) };
  if (loss === undefined) {
    return {
      ...strictContract,
      reason: 'a commit is acknowledged once its log record is synced: every commit is durable',
      link: 'https://www.postgresql.org/docs/current/wal-reliability.html',
    };
  }
  return {
    ...strictContract,
    ...loss,
    reason:
      `synchronous_commit=off: commits of the last ${loss.acknowledged.lossWindowMs} ms may be lost ` +
      `(three times wal_writer_delay, and ${busyComputerMs} ms for a busy computer), in order; the database stays consistent`,
    link: `${page}#GUC-SYNCHRONOUS-COMMIT`,
    // The log writer of the process holds them in memory, so that the death of the process takes them, too.
    kill: loss,
  };
}

function unsafeSetting(settings: Settings): { readonly unsafe: string; readonly link: string } | undefined {
  if (settings['fsync'] === 'off') {
    return {
      unsafe: 'fsync=off: "unrecoverable data corruption" in a power failure',
      link: `${page}#GUC-FSYNC`,
    };
  }
  if (settings['full_page_writes'] === 'off') {
    return {
      unsafe:
        'full_page_writes=off: "unrecoverable data corruption, or silent data corruption" after a system failure',
      link: `${page}#GUC-FULL-PAGE-WRITES`,
    };
  }
  return undefined;
}

/** The log writer's timers run late when no processor is free: an alarm at 601 ms would be about the computer. */
const busyComputerMs = 400;

function asynchronousLoss(settings: Settings) {
  const lossWindowMs = 3 * delayMs(settings['wal_writer_delay'] ?? '200ms') + busyComputerMs;
  return { acknowledged: { lossWindowMs }, order: 'prefix' } as const;
}

const unitsMs = { us: 0.001, ms: 1, s: 1_000, min: 60_000 } as const;

/** A time as PostgreSQL writes it; a bare number is milliseconds. */
function delayMs(text: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min)?\s*$/.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`wal_writer_delay: \`${text}\` is not a time; write 200ms or 1s`);
  return Number(number) * unitsMs[(unit ?? 'ms') as keyof typeof unitsMs];
}
