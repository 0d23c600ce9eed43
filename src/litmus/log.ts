/**
 * Carries a litmus program out on paper: what is durable after its setup, and the log of the ops of its run. Programs that could
 * not run (a name that is not there, a directory that is not empty) are refused with a sentence.
 */
import type { CrashLog, Instant, LoggedOp } from '../disk/persistence/crash-log.ts';
import { lazyfs } from '../disk/persistence/lazyfs.ts';
import { History, rootIno } from '../disk/persistence/history.ts';
import { nothingChosen } from '../disk/persistence/image-choice.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { treeInode, type Tree } from '../disk/persistence/tree.ts';
import type { Program } from './program.ts';
import { ProgramRun } from './program-run.ts';

export interface ProgramLog {
  readonly log: CrashLog;
  /** How many ops the log has after each statement of `run`; first, none. */
  readonly ends: readonly number[];
}

const emptyTree: Tree = { inodes: new Map([[rootIno, treeInode(rootIno, 'directory', 0o755)]]) };

export function logProgram({ name, setup, run }: Program): ProgramLog {
  const ops: LoggedOp[] = [];
  const world = new ProgramRun(name, (op) => ops.push(op));
  for (const statement of setup) world.step(statement);
  const base = settle({ base: emptyTree, ops: [...ops] });
  ops.length = 0;
  const ends = [0];
  for (const statement of run) {
    world.step(statement);
    ends.push(ops.length);
  }
  return { log: { base, ops }, ends };
}

/** The cut came after this many statements had returned, and before a later one (by default the next) had begun. */
export function instantOf({ ends }: ProgramLog, done: number, begun = done): Instant {
  return { done: ends[done]!, begun: ends[begun]! };
}

/** What programs see once all ops are applied. */
function settle(log: CrashLog): Tree {
  const end = log.ops.length;
  const history = new History(log, { done: end, begun: end });
  const choice = { frame: lazyfs.space(history).newest, rest: 'newest', ...nothingChosen } as const;
  // Files without a name live on in the run, through handles.
  return buildTree(history, choice, history.inodes.keys());
}
