import type { Attributes } from '../face.ts';
import type { Op } from '../op.ts';
import type { LoggedOp } from '../persistence/crash-log.ts';

/** An op of the log: as profiles read it, and as people do. One shape for all: there is one for every write. */
export class Recorded {
  /** Undefined once it is part of the base and no barrier could cover it any more. */
  logged: LoggedOp | undefined;
  readonly op: Op;
  /** False of a write that changed no metadata. */
  readonly isJournalled: boolean;
  /** Of `setattr`: all attributes as it left them. */
  readonly attributes: Attributes | undefined;

  constructor(op: Op, logged: LoggedOp | undefined, isJournalled = true, attributes?: Attributes) {
    this.op = op;
    this.logged = logged;
    this.isJournalled = isJournalled;
    this.attributes = attributes;
  }
}
