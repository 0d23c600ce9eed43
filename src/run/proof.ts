/**
 * Proof: from a broken promise to the disk ops that a cut dropped and the rule that allowed it. Nothing is attributed that
 * the ops do not show; where they show nothing, that is what the proof says. Pure.
 */
import type { BrokenOp, Violation } from '../checkers/finding.ts';
import type { Op } from '../disk/op.ts';
import type { Trace } from '../mount/control.ts';
import type { Finding } from '../report/results.ts';
import type { StartError } from '../targets/target.ts';
import type { CutFacts } from './cut-facts.ts';

type Evidence = Finding['evidence'];

const maxDiskOps = 50;

/** Proof for ops that are missing or wrong. `traces`: where the bytes of `violation.ops[0]` lay among what was dropped. */
export function proveViolation(
  violation: Violation,
  cut: CutFacts | undefined,
  traces: readonly Trace[],
): Evidence {
  const op = violation.ops[0];
  const base = {
    count: violation.count ?? Math.max(1, violation.ops.length),
    ...(op === undefined ? {} : { op }),
    ...atCut(cut),
  };
  if (cut === undefined || violation.duringBoot === true) {
    const sentence = 'no cut came between: the target itself showed this while it was running';
    return { ...base, diskOps: [], rule: 'none: nothing was taken from the disk', sentences: [sentence] };
  }
  if (op === undefined || violation.class !== 'lost-write') return { ...base, ...proveByCut(cut) };
  return { ...base, ...proveLoss(op, cut, traces) };
}

/** Proof for a target that does not start or open, or whose own check fails. */
export function proveFailure(
  cut: CutFacts | undefined,
  said: readonly string[],
  failures: readonly StartError[],
): Evidence {
  const last = failures[failures.length - 1];
  const differ = new Set(failures.map((failure) => failure.message)).size > 1;
  const attempts =
    failures.length === 0
      ? []
      : [
          `started ${failures.length} times; ${differ ? 'the failures differ, the first' : 'each time'}: ${failures[0]!.message}`,
        ];
  const facts = cut === undefined ? { diskOps: [], rule: 'none', sentences: [] } : proveByCut(cut, said);
  return {
    count: 1,
    ...atCut(cut),
    ...facts,
    sentences: [...attempts, ...facts.sentences],
    log: said.slice(-20),
    ...(last === undefined ? {} : { exitCode: last.exitCode }),
  };
}

function atCut(cut: CutFacts | undefined): Pick<Evidence, 'cutMs' | 'processes'> {
  return cut === undefined ? {} : { cutMs: cut.timeMs, processes: cut.processes };
}

function proveLoss(op: BrokenOp, cut: CutFacts, traces: readonly Trace[]): Omit<Evidence, 'count' | 'op'> {
  const what = describeOp(op);
  if (cut.kind === 'kill' || cut.kind === 'died') {
    const sentence = `${what} is gone although the disk kept everything: the target had not written it, or threw it away itself`;
    return { diskOps: [], rule: 'none: a kill takes nothing from the disk', sentences: [sentence] };
  }
  const during = cut.ops.filter((dropped) => isDuring(dropped, op, cut));
  const write = traces.map((trace) => writeOf(trace, during)).find((found) => found !== undefined);
  if (write !== undefined) return proveByTrace(what, cut, write);
  if (during.length > 0) {
    const sentence = `${what} is gone: while it was being done, ${listOps(cut, during)}, and no barrier covered that before the cut at ${seconds(cut.timeMs)}`;
    return { diskOps: during.slice(0, maxDiskOps), rule: ruleFor(cut, during), sentences: [sentence] };
  }
  const [trace] = traces;
  if (trace !== undefined) return proveByTrace(what, cut, trace);
  if (cut.opCount === 0) {
    const sentence = `${what} is gone although nothing on the disk was un-synced at the cut at ${seconds(cut.timeMs)}: the target never wrote it there`;
    return { diskOps: [], rule: 'none: the disk lost nothing', sentences: [sentence] };
  }
  const facts = proveByCut(cut);
  return { ...facts, sentences: [`${what} is gone; none of the dropped bytes hold it`, ...facts.sentences] };
}

function proveByTrace(what: string, cut: CutFacts, trace: Trace): Omit<Evidence, 'count' | 'op'> {
  const { op } = trace;
  const where = `\`${trace.path}\`${rangeOf(op)}`;
  const never = op === undefined || isName(op) ? 'whose name was never synced' : 'never fsynced';
  const by = op === undefined ? '' : `, ${verb(op)} by ${processOf(cut, op)} at ${seconds(op.timeMs)}`;
  const sentence = `${what} is gone: it was in ${where}${by}, ${never} before the cut at ${seconds(cut.timeMs)}`;
  const near = op === undefined ? [] : cut.ops.filter((other) => other !== op && other.ino === op.ino);
  const diskOps = op === undefined ? [] : [op, ...near.slice(-(maxDiskOps - 1))];
  return { diskOps, rule: ruleFor(cut, diskOps), sentences: [sentence] };
}

/** What the cut dropped, told by file; files that the target's last words name come first. */
function proveByCut(cut: CutFacts, said: readonly string[] = []): Omit<Evidence, 'count' | 'op'> {
  if (cut.kind === 'kill' || cut.kind === 'died') {
    const sentence = `the processes died at ${seconds(cut.timeMs)}; the disk kept everything`;
    return { diskOps: [], rule: 'none: a kill takes nothing from the disk', sentences: [sentence] };
  }
  if (cut.opCount === 0) {
    const sentence = `nothing was un-synced at the cut at ${seconds(cut.timeMs)}`;
    return { diskOps: [], rule: 'none: the disk lost nothing', sentences: [sentence] };
  }
  const named = (path: string) => {
    const name = path.split('/').pop() ?? path;
    return name.length > 2 && said.some((line) => line.includes(name));
  };
  const files = [...cut.files].sort((a, b) => Number(named(b.path)) - Number(named(a.path)));
  const sentences = files.slice(0, 5).map((file) => {
    const bytes = file.sizeBytes > 0 ? `${file.sizeBytes} bytes of data` : '';
    const names = file.names.length > 0 ? `the names ${file.names.slice(0, 5).join(', ')}` : '';
    const parts = [bytes, names].filter((part) => part !== '').join(' and ') || 'size or attributes';
    return `the cut at ${seconds(cut.timeMs)} dropped ${parts} of \`${file.path}\`, last touched by ${processOf(cut, file.lastOp)} (${file.lastOp.kind}) at ${seconds(file.lastOp.timeMs)} and not synced since`;
  });
  const telling = cut.ops.filter((op) => named(op.path));
  const diskOps = (telling.length > 0 ? telling : cut.ops).slice(-maxDiskOps);
  return { diskOps, rule: ruleFor(cut, diskOps), sentences };
}

function ruleFor(cut: CutFacts, ops: readonly Op[]): string {
  if (cut.rules === undefined) return 'none';
  const first = ops[0];
  if (first !== undefined && isName(first)) return cut.rules.name;
  if (first?.kind === 'setattr' || first?.kind === 'xattr') return cut.rules.attributes;
  return cut.rules.data;
}

const nameKinds = new Set(['create', 'mkdir', 'symlink', 'mknod', 'link', 'unlink', 'rmdir', 'rename']);

function isName(op: Op): boolean {
  return nameKinds.has(op.kind);
}

function describeOp(op: BrokenOp): string {
  const acknowledged = op.acknowledgedMs === undefined ? '' : ` at ${seconds(op.acknowledgedMs)}`;
  return `acknowledged ${op.f} of ${JSON.stringify(op.value)}${acknowledged}`;
}

function rangeOf(op: Op | undefined): string {
  if (op?.offset === undefined || op.length === undefined || op.length === 0) return '';
  return `, bytes ${op.offset}–${op.offset + op.length - 1}`;
}

function verb(op: Op): string {
  return op.kind === 'write' ? 'written' : `${op.kind} done`;
}

function processOf(cut: CutFacts, op: Op): string {
  if (op.pid === 0) return 'the kernel (write-back)';
  return `${cut.processes[String(op.pid)] ?? 'process'}[${op.pid}]`;
}

/** `unlink of \`a-journal\` by node[88] at 2.16 s and 3 more disk ops`. */
function listOps(cut: CutFacts, ops: readonly Op[]): string {
  const shown = ops
    .slice(-3)
    .map(
      (op) => `${op.kind} of \`${op.path}\`${rangeOf(op)} by ${processOf(cut, op)} at ${seconds(op.timeMs)}`,
    );
  const more = ops.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more disk ops` : ''} ${ops.length === 1 ? 'was' : 'were'} made`;
}

/**
 * The dropped write that put the bytes where they were found while the op was being done. The newest write over them may
 * be a later one: pages are written again with what they hold, and journals keep copies of them. What follows the name op
 * that ends a commit (the unlink of a journal, a rename) is somebody else's.
 */
function writeOf(trace: Trace, during: readonly Op[]): Trace | undefined {
  const commit = during.findIndex((candidate) => candidate.kind === 'unlink' || candidate.kind === 'rename');
  const own = commit < 0 ? during : during.slice(0, commit);
  const op = own.find(
    (candidate) =>
      candidate.kind === 'write' &&
      candidate.ino === trace.op?.ino &&
      candidate.offset! <= trace.offset &&
      candidate.offset! + candidate.length! > trace.offset,
  );
  return op === undefined ? undefined : { ...trace, op };
}

/** One clock serves the disk and the clients: what an op did lies between its invocation and its acknowledgement. */
function isDuring(dropped: Op, op: BrokenOp, cut: CutFacts): boolean {
  return dropped.timeMs >= op.invokedMs && dropped.timeMs <= (op.acknowledgedMs ?? cut.timeMs);
}

function seconds(timeMs: number): string {
  return `${(timeMs / 1000).toFixed(2)} s`;
}
