/** Whether a profile allows an outcome of a litmus program: what the judge asks of each that a real file system showed. */
import type { Instant } from '../disk/persistence/crash-log.ts';
import { History } from '../disk/persistence/history.ts';
import { isLegal } from '../disk/persistence/membership.ts';
import type { CrashSpace, PersistenceProfile } from '../disk/persistence/profile.ts';
import { parseOutcome } from './found-tree.ts';
import { instantOf, logProgram, type ProgramLog } from './log.ts';
import { attributesTouched, type Program } from './program.ts';

export class LegalOutcomes {
  readonly #program: Program;
  readonly #log: ProgramLog;

  constructor(program: Program) {
    this.#program = program;
    this.#log = logProgram(program);
  }

  /** `done` statements of `run` had returned when the power went, and none after `begun` had begun. Default: all of them. */
  allows(profile: PersistenceProfile, outcome: string, done?: number, begun?: number): boolean {
    return isLegal(this.space(profile, done, begun), parseOutcome(outcome, attributesTouched(this.#program)));
  }

  space(profile: PersistenceProfile, done = this.#program.run.length, begun = done): CrashSpace {
    return profile.space(new History(this.#log.log, this.instant(done, begun)));
  }

  instant(done: number, begun: number): Instant {
    return instantOf(this.#log, done, begun);
  }
}
