/**
 * Recovery: the newest snapshot that is whole, and the log from there to its end. It reads only; what is torn at the end of
 * the log is for the caller to cut off. Throws a sentence, with the file in it, when something is not there that must be.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { clogIn, digits, offsetIn } from './layout.ts';
import { decodeHeader, decodeRecord, headerBytes } from './record.ts';
import { logSuffix, readIndex } from './segment.ts';
import type { Entry } from './segment.ts';
import { loadNewest } from './snapshot.ts';
import type { Loaded } from './snapshot.ts';
import { execute } from './transaction.ts';
import type { Operation } from './transaction.ts';

export interface Recovered extends Loaded {
  /** Of the last transaction; 0 where there was none. */
  offset: number;
  /** The newest segment that has a header, and the start of the server that wrote it. */
  newest: { readonly name: string; readonly epoch: number } | undefined;
  /** The newest segment that holds a commit, and what follows the last whole one. */
  tail: { readonly name: string; readonly endBytes: number; readonly tornBytes: number } | undefined;
}

export function recover(data: string): Recovered {
  const loaded = loadNewest(data);
  const base = loaded.snapshot;
  const recovered: Recovered = { ...loaded, offset: base, newest: undefined, tail: undefined };
  const all = segmentsIn(data);
  // From the one on that has the next transaction in it, or would have it.
  const begin = all.findLastIndex((first) => first <= base + 1);
  const segments = all.slice(Math.max(0, begin));
  if (segments[0] !== undefined && segments[0] > base + 1) throw gap(loaded, base, segments[0]);
  for (const [index, first] of segments.entries()) {
    if (first > base + 1 && first !== recovered.offset + 1) {
      const end = `which ends with transaction ${recovered.offset}`;
      throw new Error(`${nameOf(first)}: does not follow on what is before it, ${end}`);
    }
    replay(data, first, index === segments.length - 1, recovered);
  }
  return recovered;
}

/** Performs what a segment holds. Only the newest one may end in something that is not whole, or have no header. */
function replay(data: string, first: number, isNewest: boolean, recovered: Recovered): void {
  const name = nameOf(first);
  const bytes = readFileSync(join(data, name));
  const epoch = decodeHeader(bytes);
  // The header is durable with the first commit: without it nothing was promised.
  if (epoch === undefined && isNewest) return;
  if (epoch === undefined) throw new Error(`${name}: its header is not whole (it has ${bytes.length} bytes)`);
  recovered.newest = { name, epoch };
  const start = startIn(data, first, bytes, recovered.offset + 1);
  let { position } = start;
  for (let expected = start.offset; ; expected++) {
    const record = decodeRecord(bytes, position);
    if (record?.offset !== expected) break;
    if (expected > recovered.offset) {
      execute(recovered.state, JSON.parse(record.payload.toString()) as Operation[]);
      recovered.offset = expected;
    }
    position = record.end;
  }
  const tornBytes = bytes.length - position;
  if (tornBytes > 0 && !isNewest)
    throw new Error(`${name}: is damaged at byte ${position}, and a later segment exists`);
  if (position > headerBytes) recovered.tail = { name, endBytes: position, tornBytes };
}

/** Where to read from to find `wanted`: what the index says where the log agrees, else the beginning. */
function startIn(data: string, first: number, bytes: Buffer, wanted: number): Entry {
  const said = readIndex(data, first).findLast(({ offset }) => offset <= wanted);
  if (said !== undefined && decodeRecord(bytes, said.position)?.offset === said.offset) return said;
  return { offset: first, position: headerBytes };
}

/** The first offsets of all segments, ascending. */
export function segmentsIn(data: string): number[] {
  return readdirSync(clogIn(data))
    .flatMap((name) => offsetIn(name, logSuffix) ?? [])
    .sort((a, b) => a - b);
}

function gap({ damaged }: Loaded, base: number, first: number): Error {
  const why = damaged.length === 0 ? 'snapshots/ has no snapshot of them' : damaged[0]!;
  const gone = `transactions ${base + 1} to ${first - 1} are gone`;
  return new Error(`${nameOf(first)}: is the first of the log, but ${gone}: ${why}`);
}

function nameOf(first: number): string {
  return `clog/${digits(first)}${logSuffix}`;
}
