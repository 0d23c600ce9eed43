/** What is un-synced on a disk, for people: one line a file. Pure. */
import type { UnsyncedFile, UnsyncedReport } from '../mount/control.ts';
import { fit, pad, padLeft } from '../report/columns.ts';
import {
  formatDuration,
  formatOpDetail,
  formatProcess,
  formatRanges,
  formatSize,
  plural,
} from '../report/format.ts';
import { printable } from '../report/printable.ts';

/** More than a screen is for `--json`. */
const filesMax = 40;
const pathColumnsMax = 60;

export function unsyncedLines(report: UnsyncedReport): string[] {
  const { files, sizeBytes, note } = report;
  const caution = note === undefined ? [] : [`  note: ${printable(note)}`];
  if (files.length === 0) return ['nothing is un-synced', ...caution];
  const shown = files.slice(0, filesMax);
  const pathColumns = Math.min(pathColumnsMax, Math.max(...shown.map(({ path }) => nameOf(path).length)));
  const sizeColumns = Math.max(...shown.map((file) => formatSize(file.sizeBytes).length));
  const lines = shown.map((file) => {
    const path = pad(fit(nameOf(file.path), pathColumns), pathColumns);
    return `  ${path}  ${padLeft(formatSize(file.sizeBytes), sizeColumns)}  ${lossOf(file)}; ${lastOpOf(file)}`;
  });
  const more = files.length - shown.length;
  return [
    `un-synced: ${plural(files.length, 'file')}, ${formatSize(sizeBytes)} of data`,
    ...lines,
    ...(more > 0 ? [`  … and ${String(more)} more (--json has them all)`] : []),
    ...caution,
  ];
}

/** What a cut would take of it. */
function lossOf(file: UnsyncedFile): string {
  const parts = [
    ...(file.nameUnsynced ? ['its name is not durable'] : []),
    ...(file.ranges.length > 0 ? [`bytes ${formatRanges(file.ranges)}`] : []),
    ...(file.names.length > 0 ? [`names ${namesOf(file.names)}`] : []),
    ...(file.metadata && file.ranges.length === 0 && file.names.length === 0 ? ['size or attributes'] : []),
  ];
  return parts.join(', ') || 'attributes';
}

function lastOpOf(file: UnsyncedFile): string {
  const { lastOp, process, ageMs } = file;
  const detail = formatOpDetail(lastOp);
  const what = detail === '' ? lastOp.kind : `${lastOp.kind} ${detail}`;
  return `last ${what} by ${formatProcess(lastOp.pid, process)}, ${formatDuration(ageMs)} old`;
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 4).map(printable).join(' ');
  return names.length > 4 ? `${shown} and ${String(names.length - 4)} more` : shown;
}

function nameOf(path: string): string {
  return path === '' || path === '.' ? '(the root directory)' : printable(path);
}
