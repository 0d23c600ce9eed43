/**
 * Whether the target answered at all: boot by boot, what its clients' ops came to. A boot in which nothing was
 * acknowledged tested nothing, and a run whose ops mostly end in time-outs tests little; both are said, neither breaks a
 * promise. Must never call a run invalid: a target that hangs is the watchdog's finding.
 */
import type { CheckerResult, RunFacts } from './facts.ts';
import type { HistoryOp, Json } from './history.ts';
import type { ClientOperation } from './operations.ts';
import { clientOperations, outcomeOf } from './operations.ts';
import { Timeline } from './timeline.ts';
import { counted, named } from './wording.ts';

export interface Liveness {
  /** 'unknown' where no op of any client was ever acknowledged. */
  readonly result: CheckerResult;
  readonly notes: readonly string[];
}

/** From this share of indeterminate ops on, and this many ops, it is worth a note. */
const notableShare = 0.1;
const notableOps = 20;

export function checkLiveness(
  history: readonly HistoryOp[],
  { interruptions }: Pick<RunFacts, 'interruptions'>,
): Liveness {
  const timeline = new Timeline(interruptions);
  const boots = bootsOf(clientOperations(history), timeline);
  const ok = sum(boots, 'ok');
  const invoked = sum(boots, 'invoked');
  const timeouts = sum(boots, 'timeouts');
  const indeterminate = invoked - ok - sum(boots, 'fail');
  return {
    result: {
      valid: ok > 0 ? true : 'unknown',
      indeterminateShare: invoked === 0 ? null : indeterminate / invoked,
      timeoutShare: invoked === 0 ? null : timeouts / invoked,
      lastOkMs: boots.reduce<number | null>((last, boot) => boot.lastOkMs ?? last, null),
      boots: boots.map((boot): Json => ({ ...boot })),
    },
    notes: [...silentNotes(boots, timeline), ...timeoutNotes(invoked, timeouts)],
  };
}

interface BootLife {
  readonly boot: number;
  /** What the boot followed; null for the first. */
  readonly after: string | null;
  invoked: number;
  ok: number;
  fail: number;
  timeouts: number;
  firstOkMs: number | null;
  lastOkMs: number | null;
}

/** Every boot up to the last, those without any op included. */
function bootsOf(operations: readonly ClientOperation[], timeline: Timeline): readonly BootLife[] {
  const last = operations.reduce(
    (boot, { invocation }) => Math.max(boot, invocation.boot),
    timeline.lastBoot,
  );
  const boots = Array.from({ length: last }, (_, i): BootLife => {
    const after = timeline.before(i + 1)?.kind ?? null;
    return { boot: i + 1, after, invoked: 0, ok: 0, fail: 0, timeouts: 0, firstOkMs: null, lastOkMs: null };
  });
  for (const operation of operations) {
    const life = boots[operation.invocation.boot - 1];
    if (life !== undefined) live(life, operation, timeline);
  }
  return boots;
}

function live(life: BootLife, operation: ClientOperation, timeline: Timeline): void {
  life.invoked++;
  if (operation.completion?.error === 'timeout') life.timeouts++;
  const outcome = outcomeOf(operation, timeline);
  if (outcome === 'failed') life.fail++;
  if (outcome !== 'acknowledged') return;
  const { timeMs } = operation.completion!;
  life.ok++;
  life.firstOkMs = Math.min(life.firstOkMs ?? Infinity, timeMs);
  life.lastOkMs = Math.max(life.lastOkMs ?? -Infinity, timeMs);
}

function silentNotes(boots: readonly BootLife[], timeline: Timeline): readonly string[] {
  return (
    boots
      // Where nobody asked, silence says nothing: a boot that was cut while it recovered.
      .filter(({ ok, invoked }) => ok === 0 && invoked > 0)
      .map(({ boot, invoked }) => {
        const interruption = timeline.before(boot);
        const after = interruption === undefined ? '' : ` (after ${named(interruption)})`;
        return `In boot ${boot}${after} no client op was acknowledged, of ${counted(invoked, 'op')} invoked.`;
      })
  );
}

function timeoutNotes(invoked: number, timeouts: number): readonly string[] {
  if (invoked < notableOps || timeouts < invoked * notableShare) return [];
  const share = Math.round((100 * timeouts) / invoked);
  return [
    `${timeouts} of ${counted(invoked, 'client op')} (${share} %) ended in a time-out: the run tested less than it looks.`,
  ];
}

function sum(boots: readonly BootLife[], key: 'invoked' | 'ok' | 'fail' | 'timeouts'): number {
  return boots.reduce((total, boot) => total + boot[key], 0);
}
