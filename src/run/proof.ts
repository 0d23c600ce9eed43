/**
 * Proof: from a broken promise to the disk ops that a cut dropped and the rule that allowed it. Nothing is attributed that
 * the ops do not show; where they show nothing, that is what the proof says. Pure.
 */
import type { BrokenOp, Violation } from '../checkers/finding.ts';
import type { Op } from '../disk/op.ts';
import type { Trace, UnsyncedFile } from '../mount/control.ts';
import { formatInstant, plural } from '../report/format.ts';
import type { Finding } from '../report/results.ts';
import type { StartError } from '../targets/target.ts';
import { isLoss, type CutFacts } from './cut-facts.ts';
import { droppedOnDevice, isDeviceCut, lostOnDevice } from './device-proof.ts';

type Evidence = Finding['evidence'];
/** What the disk's side of a proof consists of. */
type Shown = Pick<Evidence, 'diskOps' | 'rule' | 'sentences'>;

const maxDiskOps = 50;
const maxFiles = 5;
const maxNames = 5;
const maxLogLines = 20;

/**
 * Proof for ops that are missing or wrong. `traces`: where the bytes of `violation.ops[0]` lay among what was dropped; undefined
 * where that was not searched, as for an image that is booted again: what was not searched is not said to hold nothing.
 */
export function proveViolation(
  violation: Violation,
  cut: CutFacts | undefined,
  traces: readonly Trace[] | undefined,
): Evidence {
  const op = violation.ops[0];
  const of = (shown: Shown, fault?: CutFacts): Evidence => ({
    count: violation.count ?? Math.max(1, violation.ops.length),
    ...(op === undefined ? {} : { op }),
    ...atCut(fault, shown),
  });
  if (violation.duringBoot === true)
    return of(untouched('nothing came between: it showed this while it was running'));
  if (cut === undefined) return of(untouched('no fault had come before: it showed this by itself'));
  return of(op === undefined || violation.class !== 'lost-write' ? dropped(cut) : lost(op, cut, traces), cut);
}

/**
 * Proof for a target that does not start or open, or whose own check fails. `said`: its last words, which may name files.
 * `failures`: its failed starts, if that is what they were.
 */
export function proveFailure(
  cut: CutFacts,
  said: readonly string[],
  failures: readonly StartError[],
): Evidence {
  const [first] = failures;
  const shown = dropped(cut, [...said, ...failures.map(({ message }) => message)]);
  return {
    count: 1,
    ...atCut(cut, { ...shown, sentences: [...attempts(failures), ...shown.sentences] }),
    log: said.slice(-maxLogLines),
    ...(first === undefined ? {} : { exitCode: first.exitCode }),
  };
}

/** Proof for what a target did while nothing was taken from it. */
export function proveAlone(sentence: string): Evidence {
  return { count: 1, ...untouched(sentence) };
}

function attempts(failures: readonly StartError[]): string[] {
  const [first] = failures;
  if (first === undefined) return [];
  const messages = [...new Set(failures.map(({ message }) => message))];
  if (messages.length > 1)
    return [`it was started ${failures.length} times, and the failures differ: ${messages.join('; then ')}`];
  if (failures.length === 1) return ['it was started once'];
  return [`it was started ${failures.length} times, and failed in the same way each time`];
}

/** The instant of the cut, and of the processes those that the shown ops name. */
function atCut(cut: CutFacts | undefined, shown: Shown): Shown & Pick<Evidence, 'cutMs' | 'processes'> {
  if (cut === undefined) return shown;
  const pids = new Set(shown.diskOps.map((op) => String(op.pid)));
  const processes = Object.fromEntries(Object.entries(cut.processes).filter(([pid]) => pids.has(pid)));
  return { ...shown, processes, cutMs: cut.timeMs };
}

function untouched(sentence: string): Shown {
  return { diskOps: [], rule: 'none: nothing was taken from the disk', sentences: [sentence] };
}

function lost(op: BrokenOp, cut: CutFacts, traces: readonly Trace[] | undefined): Shown {
  const what = describeOp(op);
  if (!isLoss(cut)) {
    return untouched(
      `${what} is gone although the disk kept everything: the target had not written it, or threw it away itself`,
    );
  }
  if (isDeviceCut(cut)) return lostOnDevice(what, cut, traces);
  if (cut.opCount === 0) {
    return untouched(
      `${what} is gone although nothing on the disk was un-synced at ${theCut(cut)}: the target never wrote it there`,
    );
  }
  const during = cut.ops.filter((candidate) => isDuring(candidate, op, cut));
  const own = traces?.map((trace) => ownWrite(trace, during)).find((found) => found !== undefined);
  if (own !== undefined) return lostBytes(what, cut, own);
  const trace = traces?.[0];
  // Bytes that were found in a file which nothing touched meanwhile came there later: they were acknowledged before they were written.
  const telling = trace === undefined ? during : during.filter((candidate) => touches(candidate, trace));
  if (telling.length > 0) return lostOps(what, cut, telling);
  if (trace !== undefined) return lostBytes(what, cut, trace);
  const shown = dropped(cut);
  const sentence =
    traces === undefined ? `${what} is gone` : `${what} is gone; none of the dropped bytes hold it`;
  return { ...shown, sentences: [sentence, ...shown.sentences] };
}

/** Whether the op changed the file that the bytes were found in, or a name beside or above it. */
function touches(op: Op, { path, op: written }: Trace): boolean {
  if (written !== undefined && op.ino === written.ino) return true;
  return (
    isName(op) &&
    [op.path, op.toPath ?? op.path].some(
      (name) => dirnameOf(name) === dirnameOf(path) || path.startsWith(`${name}/`),
    )
  );
}

function dirnameOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The bytes of what is missing were found among what was dropped. */
function lostBytes(what: string, cut: CutFacts, { path, op }: Trace): Shown {
  const where = `${what} is gone: it was in \`${path}\``;
  const before = `before ${theCut(cut)}`;
  if (op === undefined) {
    const sentence = `${where}, among what ${theCut(cut)} dropped`;
    return { diskOps: [], rule: rulesFor(cut, []), sentences: [sentence, ...aside(cut)] };
  }
  const by = `by ${processOf(cut, op)} at ${instant(op.timeMs)}`;
  const sentence = isName(op)
    ? `${where}, whose name was made (${op.kind}) ${by} and never synced ${before}`
    : `${where}${rangeOf(op)}, written ${by}, never fsynced ${before}`;
  // And what came later in the same file: no barrier among it.
  const later = cut.ops.filter((other) => other.number > op.number && other.ino === op.ino);
  const diskOps = [op, ...later.slice(0, maxDiskOps - 1)];
  return { diskOps, rule: rulesFor(cut, [op]), sentences: [sentence, ...aside(cut)] };
}

/** Nothing is known of the bytes; but what was dropped was done in the course of the op. */
function lostOps(what: string, cut: CutFacts, during: readonly Op[]): Shown {
  const sentence = `${what} is gone: while it was being done, ${listOps(cut, during)}, and no barrier covered that before ${theCut(cut)}`;
  const diskOps = during.slice(-maxDiskOps);
  return { diskOps, rule: rulesFor(cut, diskOps), sentences: [sentence, ...aside(cut)] };
}

/** What the cut dropped, told by file; files that the target's last words name come first. */
function dropped(cut: CutFacts, said: readonly string[] = []): Shown {
  if (!isLoss(cut)) {
    return {
      diskOps: [],
      rule: 'none: a kill takes nothing from the disk',
      sentences: [`the processes died at ${instant(cut.timeMs)}; the disk kept everything`],
    };
  }
  if (isDeviceCut(cut)) return droppedOnDevice(cut);
  if (cut.opCount === 0) {
    const sentence = `nothing was un-synced at ${theCut(cut)}`;
    return { diskOps: [], rule: 'none: the disk lost nothing', sentences: [sentence] };
  }
  const isNamed = namedIn(said);
  const files = [...cut.files].sort((a, b) => Number(isNamed(b.path)) - Number(isNamed(a.path)));
  const more = files.length - maxFiles;
  const telling = cut.ops.filter((op) => isNamed(op.path));
  const diskOps = (telling.length > 0 ? telling : cut.ops).slice(-maxDiskOps);
  const sentences = [
    ...files.slice(0, maxFiles).map((file) => droppedOf(cut, file)),
    ...(more > 0 ? [`and something of ${plural(more, 'more file')}`] : []),
    ...aside(cut),
  ];
  return { diskOps, rule: rulesFor(cut, diskOps), sentences };
}

/** Whether a path's last name stands in the lines, as a word of its own: `database` does not name `data`. */
function namedIn(lines: readonly string[]): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const name = path.split('/').pop() ?? path;
    let found = known.get(name);
    if (found === undefined) {
      const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const word = new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`);
      found = name.length > 2 && lines.some((line) => word.test(line));
      known.set(name, found);
    }
    return found;
  };
}

function droppedOf(cut: CutFacts, file: UnsyncedFile): string {
  const { lastOp, names } = file;
  const shown = names.slice(0, maxNames).join(', ') + (names.length > maxNames ? ', …' : '');
  const parts = [
    ...(file.sizeBytes > 0 ? [`${plural(file.sizeBytes, 'byte')} of data`] : []),
    ...(names.length > 0 ? [`changes of names (${shown})`] : []),
    ...(file.nameUnsynced ? ['the name'] : []),
  ];
  const what = parts.length === 0 ? 'size or attributes' : parts.join(' and ');
  const touched = `last touched by ${processOf(cut, lastOp)} (${lastOp.kind}) at ${instant(lastOp.timeMs)}`;
  return `${theCut(cut)} dropped ${what} of \`${file.path}\`, ${touched} and not synced since`;
}

/** The rules for all kinds of ops that are shown, in their order. */
function rulesFor(cut: CutFacts, ops: readonly Op[]): string {
  const { rules } = cut;
  if (rules === undefined) return 'none';
  const needed = ops.map((op) => {
    if (isName(op)) return rules.name;
    return op.kind === 'setattr' || op.kind === 'xattr' ? rules.attributes : rules.data;
  });
  return needed.length === 0 ? rules.data : [...new Set(needed)].join('; ');
}

const nameKinds: ReadonlySet<Op['kind']> = new Set([
  'create',
  'mkdir',
  'symlink',
  'mknod',
  'link',
  'unlink',
  'rmdir',
  'rename',
]);

function isName(op: Op): boolean {
  return nameKinds.has(op.kind);
}

function describeOp(op: BrokenOp): string {
  const what = `${op.f} of ${JSON.stringify(op.value)}`;
  if (op.acknowledgedMs === undefined) return `${what}, which a read had shown,`;
  return `acknowledged ${what} at ${instant(op.acknowledgedMs)}`;
}

/** Last byte included, as people count. */
function rangeOf({ kind, offset, length }: Op): string {
  if (offset === undefined || length === undefined) return '';
  if (kind === 'truncate') return `, to ${plural(offset, 'byte')}`;
  return length === 0 ? '' : `, bytes ${offset}–${offset + length - 1}`;
}

function processOf(cut: CutFacts, op: Op): string {
  if (op.pid === 0) return 'the kernel (write-back)';
  return `${cut.processes[String(op.pid)] ?? 'process'}[${op.pid}]`;
}

/** `unlink of \`a-journal\` by node[88] at 2.16 s was made`. */
function listOps(cut: CutFacts, ops: readonly Op[]): string {
  // The newest of each file: a log file that is written at every turn must not hide the others.
  const newest = [...new Map(ops.map((op) => [op.path, op])).values()];
  const shown = newest.slice(-3).map((op) => {
    const to = op.toPath === undefined ? '' : ` to \`${op.toPath}\``;
    return `${op.kind} of \`${op.path}\`${to}${rangeOf(op)} by ${processOf(cut, op)} at ${instant(op.timeMs)}`;
  });
  const more = ops.length - shown.length;
  const rest = more === 0 ? '' : `; and ${plural(more, 'more disk op')}`;
  return `${shown.join('; ')}${rest} ${ops.length === 1 ? 'was' : 'were'} made`;
}

/**
 * The dropped write that put the bytes where they were found while the op was being done. The newest write over them may
 * be a later one: pages are written again with what they hold, and journals keep copies of them. What follows the name op
 * that ends a commit (the unlink of a journal, a rename) is somebody else's.
 */
function ownWrite(trace: Trace, during: readonly Op[]): Trace | undefined {
  const commit = during.findIndex(({ kind }) => kind === 'unlink' || kind === 'rename');
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
function isDuring({ timeMs }: Op, op: BrokenOp, cut: CutFacts): boolean {
  return timeMs >= op.invokedMs && timeMs <= (op.acknowledgedMs ?? cut.timeMs);
}

function theCut(cut: CutFacts): string {
  return `the cut at ${instant(cut.timeMs)}`;
}

/** No power was cut: what is judged is what a cut would have left. */
function aside(cut: CutFacts): string[] {
  if (cut.kind !== 'lose-unsynced') return [];
  return [
    `at ${instant(cut.timeMs)} the target lived on; the durable state of that instant, which is what a power cut would have left, was booted apart`,
  ];
}

/** As precisely as commits follow each other: to the millisecond, as in the checkers' sentences. */
function instant(timeMs: number): string {
  return formatInstant(timeMs, 3);
}
