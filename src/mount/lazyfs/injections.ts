/**
 * Which faults a call sets off: the matcher between a stream of calls and the faults that are armed. Pure: it counts and
 * says what is to happen; whoever serves the calls makes it happen.
 */
import type { Fault, SyncPagesFault, TornOpFault, TornSeqFault } from './faults.ts';

/** A call of a program, with absolute paths in the root directory. */
export interface Call {
  readonly op: string;
  readonly path: string;
  /** The second path of rename, link and symlink; of a symlink the link, whose `path` is what it points to. */
  readonly toPath?: string;
}

/** One write(2), whole or a piece of it as the kernel cut it. */
export interface WritePiece {
  readonly path: string;
  readonly pid: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** How much the program asked to write in this call, where that is known; this piece otherwise. */
  readonly callLength: number;
}

export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

export type Action =
  | { readonly kind: 'crash'; readonly call: Call; readonly timing: string; readonly returns: boolean }
  | { readonly kind: 'clear-cache'; readonly call: Call; readonly timing: string }
  | {
      readonly kind: 'sync-pages';
      readonly fault: SyncPagesFault;
      readonly call: Call;
      readonly timing: string;
    }
  | {
      readonly kind: 'torn';
      readonly path: string;
      readonly writes: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
      readonly returns: boolean;
    }
  /** The fault could not be injected; it stays armed. */
  | { readonly kind: 'missed'; readonly why: string };

interface Armed<Kind extends Fault> {
  readonly fault: Kind;
  seen: number;
}

export class Injections {
  readonly #atCalls: Armed<Exclude<Fault, TornOpFault | TornSeqFault>>[] = [];
  #tornOps: TornWrite[] = [];
  #tornSeqs: TornSequence[] = [];

  /** False where a call needs no look. */
  get isArmed(): boolean {
    return this.#atCalls.length > 0 || this.#tornOps.length > 0 || this.#tornSeqs.length > 0;
  }

  tears(path: string): boolean {
    return [...this.#tornOps, ...this.#tornSeqs].some(({ fault }) => fault.file === path);
  }

  /** Undefined, or why it cannot be armed. */
  arm(fault: Fault): string | undefined {
    if (fault.kind === 'torn-op') {
      if (this.#tornOps.some((other) => other.fault.file === fault.file))
        return 'Only one torn-op fault per file is allowed.';
      this.#tornOps.push(new TornWrite(fault));
    } else if (fault.kind === 'torn-seq') {
      if (this.#tornSeqs.some((other) => other.fault.file === fault.file))
        return 'Only one torn-seq fault per file is allowed.';
      this.#tornSeqs.push(new TornSequence(fault));
    } else {
      this.#atCalls.push({ fault, seen: 0 });
    }
    return undefined;
  }

  at(timing: 'before' | 'after', call: Call): Action[] {
    const actions: Action[] = [];
    for (const armed of [...this.#atCalls]) {
      const { fault } = armed;
      if (fault.timing !== timing || fault.op !== call.op || !concerns(fault, call)) continue;
      armed.seen++;
      const occurrence = fault.kind === 'crash' ? 1 : fault.occurrence;
      if (armed.seen !== occurrence) continue;
      this.#atCalls.splice(this.#atCalls.indexOf(armed), 1);
      actions.push(...actionsOf(fault, call, timing));
    }
    return actions;
  }

  /** A piece of a write, which has been applied to what programs see. */
  wrote(piece: WritePiece): Action[] {
    const actions: Action[] = [];
    this.#tornOps = this.#tornOps.filter((torn) => {
      const action = torn.fault.file === piece.path ? torn.wrote(piece) : undefined;
      if (action !== undefined) actions.push(action);
      return action === undefined || action.kind === 'missed';
    });
    this.#tornSeqs = this.#tornSeqs.filter((torn) => {
      const action = torn.fault.file === piece.path ? torn.wrote(piece) : undefined;
      if (action !== undefined) actions.push(action);
      return action === undefined;
    });
    return actions;
  }

  /** A sync of a file ends its group of writes. */
  synced(path: string): void {
    for (const torn of this.#tornSeqs) if (torn.fault.file === path) torn.synced();
  }
}

function concerns(fault: Exclude<Fault, TornOpFault | TornSeqFault>, { path, toPath }: Call): boolean {
  const isRegex = fault.kind === 'crash';
  const fits = (wanted: string | undefined, actual: string | undefined): boolean => {
    if (wanted === undefined) return true;
    if (actual === undefined) return false;
    return isRegex ? new RegExp(wanted).test(actual) : wanted === actual;
  };
  // Of sync-pages the file is what is synced; where no call's path is named it is the call's file, too.
  const from =
    fault.kind === 'sync-pages' && fault.from === undefined && fault.to === undefined
      ? fault.file
      : fault.from;
  return fits(from, path) && fits(fault.to, toPath);
}

function actionsOf(
  fault: Exclude<Fault, TornOpFault | TornSeqFault>,
  call: Call,
  timing: 'before' | 'after',
): Action[] {
  const crash = (returns: boolean): Action => ({ kind: 'crash', call, timing, returns });
  if (fault.kind === 'crash') return [crash(false)];
  if (fault.kind === 'clear-cache')
    return [fault.crash ? crash(fault.returns) : { kind: 'clear-cache', call, timing }];
  const sync: Action = { kind: 'sync-pages', fault, call, timing };
  return fault.crash ? [sync, crash(fault.returns)] : [sync];
}

/** Puts the pieces of a call together again. */
class WholeWrites {
  #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #pid = 0;
  #length = 0;
  #wanted = 0;

  /** The pieces of the call that this piece ends, or undefined while more are to come. */
  add({
    pid,
    offset,
    bytes,
    callLength,
  }: WritePiece): readonly { offset: number; bytes: Uint8Array }[] | undefined {
    const last = this.#pieces.at(-1);
    const continues =
      last !== undefined &&
      this.#pid === pid &&
      last.offset + last.bytes.length === offset &&
      this.#length < this.#wanted;
    if (!continues) {
      this.#pieces = [];
      this.#length = 0;
      this.#wanted = callLength;
      this.#pid = pid;
    }
    this.#pieces.push({ offset, bytes: Uint8Array.from(bytes) });
    this.#length += bytes.length;
    if (this.#length < this.#wanted) return undefined;
    const whole = this.#pieces;
    this.#pieces = [];
    return whole;
  }
}

class TornWrite {
  readonly fault: TornOpFault;
  readonly #writes = new WholeWrites();
  #seen = 0;

  constructor(fault: TornOpFault) {
    this.fault = fault;
  }

  wrote(piece: WritePiece): Action | undefined {
    const whole = this.#writes.add(piece);
    if (whole === undefined || ++this.#seen < this.fault.occurrence) return undefined;
    const { offset } = whole[0]!;
    const bytes = Buffer.concat(whole.map((each) => each.bytes));
    const parts = partsOf(bytes.length, this.fault.parts);
    if (parts === undefined) {
      const sum = (this.fault.parts as readonly number[]).reduce((total, size) => total + size, 0);
      return {
        kind: 'missed',
        why: `the parts of torn-op are ${sum} bytes and the write is ${bytes.length}: it waits for one that fits`,
      };
    }
    const writes = this.fault.persist.flatMap((number) => {
      const part = parts[number - 1];
      if (part === undefined || part.length === 0) return [];
      return [
        { offset: offset + part.offset, bytes: bytes.subarray(part.offset, part.offset + part.length) },
      ];
    });
    return { kind: 'torn', path: this.fault.file, writes, returns: this.fault.returns };
  }
}

/** Equal parts, of which the last takes what is left over; or parts of given sizes, if they fit. */
export function partsOf(length: number, parts: number | readonly number[]): readonly Stretch[] | undefined {
  const size = typeof parts === 'number' ? Math.floor(length / parts) : 0;
  const sizes =
    typeof parts === 'number'
      ? Array.from({ length: parts }, (_, index) => (index < parts - 1 ? size : length - size * (parts - 1)))
      : parts;
  if (sizes.reduce((sum, each) => sum + each, 0) !== length) return undefined;
  let offset = 0;
  return sizes.map((each) => {
    const part = { offset, length: each };
    offset += each;
    return part;
  });
}

/** A group needs two writes to have an order that can be broken. */
const groupAtLeast = 2;

class TornSequence {
  readonly fault: TornSeqFault;
  readonly #writes = new WholeWrites();
  #groups = 0;
  #inGroup = 0;
  #kept: { readonly offset: number; readonly bytes: Uint8Array }[] = [];

  constructor(fault: TornSeqFault) {
    this.fault = fault;
  }

  wrote(piece: WritePiece): Action | undefined {
    const whole = this.#writes.add(piece);
    if (whole === undefined) return undefined;
    this.#inGroup++;
    if (this.fault.persist.includes(this.#inGroup)) this.#kept.push(...whole);
    const last = Math.max(this.fault.persist.at(-1)!, groupAtLeast);
    if (this.#groups + 1 < this.fault.occurrence || this.#inGroup < last) return undefined;
    return { kind: 'torn', path: this.fault.file, writes: this.#kept, returns: this.fault.returns };
  }

  synced(): void {
    if (this.#inGroup >= groupAtLeast) this.#groups++;
    this.#inGroup = 0;
    this.#kept = [];
  }
}
