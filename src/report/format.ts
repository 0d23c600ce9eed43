/** Numbers with their units, as people read them. The terminal and the page must say the same number the same way. */
import type { Op, Range } from '../disk/op.ts';
import { printable } from './printable.ts';

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `3 cuts`, `1 cut`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** With a capital at its beginning. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a, b and c`. */
export function enumerate(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

const sizeUnits = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${formatCount(sizeBytes)} B`;
  let value = sizeBytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < sizeUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${sizeUnits[unit]!}`;
}

/** An instant on the run's own axis: `12.29 s`. */
export function formatInstant(timeMs: number, digits = 2): string {
  return `${(timeMs / 1000).toFixed(digits)} s`;
}

/** How long something took or is old: `0.31 ms`, `212 ms`, `5.0 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9.995) return `${durationMs < 0.995 ? durationMs.toFixed(2) : durationMs.toFixed(1)} ms`;
  if (durationMs < 999.5) return `${durationMs.toFixed(0)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** First and last byte: `8192–12287`. */
export function formatRange(range: Range): string {
  return range.length <= 1 ? `${range.offset}` : `${range.offset}–${range.offset + range.length - 1}`;
}

/** The first few ranges, and how many more there are. */
export function formatRanges(ranges: readonly Range[], limit = 4): string {
  const shown = ranges.slice(0, limit).map(formatRange).join(', ');
  return ranges.length > limit ? `${shown} and ${formatCount(ranges.length - limit)} more` : shown;
}

/** `postgres[88]`; the kernel's own write-back has no process. */
export function formatProcess(pid: number, name: string | undefined): string {
  if (pid === 0) return 'kernel write-back';
  return `${name === undefined ? 'pid ' : ''}${printable(name ?? '')}${name === undefined ? pid : `[${pid}]`}`;
}

/** What an op changed beyond its path: `bytes 8192–12287`, `to 4096 bytes`, `→ new/name`. Empty for the others. */
export function formatOpDetail(op: Op): string {
  if (op.toPath !== undefined) return `→ ${printable(op.toPath)}`;
  if (op.offset === undefined) return '';
  if (op.kind === 'truncate') return `to ${formatCount(op.offset)} bytes`;
  if (op.length === undefined || op.length === 0) return '';
  return `bytes ${formatRange({ offset: op.offset, length: op.length })}`;
}
