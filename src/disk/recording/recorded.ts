/** The entries of a recorder's log as profiles read them, and as people do. Made for who asks; valid until the disk changes. */
import type { Attributes } from '../face.ts';
import type { Op } from '../op.ts';
import type { PageStore } from '../page-store.ts';
import type { LoggedOp, Touch } from '../persistence/crash-log.ts';
import type { Place } from '../place.ts';
import type { KeptBytes } from './kept-bytes.ts';
import { closed, marks, reached, type AttributeDetails, type RecordLog } from './record-log.ts';
import { StoredWrite } from './stored-write.ts';

export interface Recorded {
  readonly logged: LoggedOp;
  readonly op: Op;
  /** Of `setattr`: all attributes as it left them. */
  readonly attributes: Attributes | undefined;
}

export function recordedIn(log: RecordLog, store: PageStore): Recorded[] {
  const recorded: Recorded[] = [];
  for (let index = 0; index < log.length; index++) {
    if (log.mark(index) === marks.gone) continue;
    const op = log.op(index);
    const attributes =
      log.mark(index) === marks.attributes ? (log.detail(index) as AttributeDetails).attributes : undefined;
    recorded.push({ logged: loggedAt(log, index, store), op, attributes });
    if (log.mark(index) !== marks.close && log.has(index, closed))
      recorded.push({ logged: closeAt(log, index), op, attributes: undefined });
  }
  return recorded;
}

function loggedAt(log: RecordLog, index: number, store: PageStore): LoggedOp {
  const op = log.op(index);
  const { ino } = op;
  const detail = log.detail(index);
  switch (log.mark(index)) {
    case marks.write:
      return new StoredWrite(store, rangeOf(op), detail as KeptBytes, log.number(index));
    case marks.made:
      return {
        kind: 'create',
        ino,
        inodeKind: 'file',
        mode: log.number(index),
        place: detail as Place,
      };
    case marks.attributes:
      return (detail as AttributeDetails).logged;
    case marks.fsync:
      return { kind: 'fsync', ino };
    case marks.fdatasync:
      return { kind: 'fdatasync', ino };
    case marks.dataTouch:
      return { kind: 'touch', ino, isData: true };
    case marks.zeroingTouch:
      return { kind: 'touch', ino, isData: true, isZeroing: true };
    case marks.close:
      return closeAt(log, index);
    case marks.touch:
      return detail as Touch;
    default:
      return detail as LoggedOp;
  }
}

function rangeOf({ ino, offset, length }: Op) {
  return { ino, offset: offset!, length: length! };
}

function closeAt(log: RecordLog, index: number): LoggedOp {
  const { ino } = log.op(index);
  return {
    kind: 'close',
    ino,
    submits: true,
    ...(log.has(index, reached) ? { reached: true } : {}),
  };
}
