/**
 * What one real file system was seen to leave, of all programs: litmus/observed/NAME.json. An outcome that was seen once stays
 * until its program changes, since chance may not show it again. Pure.
 */
import type { Program } from '../litmus/program.ts';
import { printProgram } from '../litmus/print.ts';
import type { Provenance } from './judge.ts';
import { Observation } from './observation.ts';

export interface Fixture extends Provenance {
  /** By the program's name. */
  readonly programs: Readonly<Record<string, ObservedProgram>>;
}

export interface ObservedProgram {
  /** Its setup and run as print.ts writes them: outcomes of another text are not this program's. */
  readonly program: readonly string[];
  /** Images that were booted the last time. */
  readonly images: number;
  /** Outcome → how many ops had been acknowledged when the power went: `0-2,4`. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** What was seen before of this very program; nothing otherwise. */
export function seenBefore(fixture: Fixture | undefined, program: Program): Observation {
  const known = fixture?.programs[program.name];
  if (known === undefined || known.program.join('\n') !== textOf(program).join('\n'))
    return new Observation();
  return Observation.fromRecord(known.outcomes);
}

/** With the new observations in place of older ones of the same names. */
export function updated(
  fixture: Fixture | undefined,
  provenance: Provenance,
  seen: ReadonlyMap<Program, Observation>,
): Fixture {
  const programs = new Map(Object.entries(fixture?.programs ?? {}));
  for (const [program, observation] of seen) {
    const { images } = observation;
    programs.set(program.name, { program: textOf(program), images, outcomes: observation.toRecord() });
  }
  const sorted = [...programs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...provenance, programs: Object.fromEntries(sorted) };
}

/** Without comments and assertions, which change nothing that a file system sees. */
export function textOf(program: Program): string[] {
  return printProgram({ ...program, about: [], assertions: [] })
    .split('\n')
    .filter((line) => line !== '');
}
