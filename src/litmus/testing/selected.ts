/** What a way to choose makes of a litmus program under a profile: the outcome of its image, or the refusal, as text. */
import { choose, type Selection } from '../../disk/persistence/choose.ts';
import type { LoggedOp } from '../../disk/persistence/crash-log.ts';
import { buildTree } from '../../disk/persistence/image-tree.ts';
import type { PersistenceProfile } from '../../disk/persistence/profile.ts';
import { LegalOutcomes } from '../legal.ts';
import { logProgram } from '../log.ts';
import { parseProgram } from '../parse.ts';
import { attributesTouched, type Program } from '../program.ts';
import { outcomeOf } from '../tree-outcome.ts';

/** A statement of the run, or several with semicolons between; what stands before `run` is the setup. */
export function programOf(run: string, setup = ''): Program {
  const lines = (text: string) => text.split('; ').filter((line) => line !== '');
  return parseProgram('inline', ['setup', ...lines(setup), 'run', ...lines(run), ''].join('\n'));
}

export function selected(profile: PersistenceProfile, program: Program, selection: Selection): string {
  const space = new LegalOutcomes(program).space(profile);
  const chosen = choose(profile, space, selection);
  if (chosen.ok) return outcomeOf(buildTree(space.history, chosen.choice), attributesTouched(program));
  const { op, wanted, rule } = chosen.refusal;
  return `refused: ${nameOf(logProgram(program).log.ops[op - 1])} cannot be ${wanted}, by ${rule.id}`;
}

function nameOf(op: LoggedOp | undefined): string {
  return op === undefined ? 'no op' : op.kind;
}

/** The positions of all ops that a statement of the run made. */
export function opsOf(program: Program, statement: number): ReadonlySet<number> {
  const { ends } = logProgram(program);
  const first = ends[statement]! + 1;
  return new Set(Array.from({ length: ends[statement + 1]! - first + 1 }, (_, index) => first + index));
}
