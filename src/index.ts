/**
 * The library: what the command line can do, a program can do. Everything that mounts must run in a box (`enterBox`, `inBox`),
 * as the command line does: it is what leaves nothing behind, however the program ends.
 */
export { enterBox, inBox } from './machine/box.ts';
export { connectDisk } from './mount/connect-disk.ts';
export { startDisk } from './mount/start-disk.ts';
export { analyzeStore } from './run/analyze.ts';
export { runCommand } from './run/command.ts';
export { testDefaults } from './run/options.ts';
export { replayFinding } from './run/replay.ts';
export { runTest } from './run/test.ts';
export { startProgress } from './report/progress.ts';
export { renderJson } from './report/json.ts';
export { renderPage } from './report/page/page.ts';
export { renderScreen } from './report/screen.ts';

export type { Contract, JudgedContract } from './checkers/contract.ts';
export type { HistoryOp, Json, Valid } from './checkers/history.ts';
export type { Op, Range } from './disk/op.ts';
export type {
  DiskControl,
  DiskOptions,
  DiskRequests,
  Loss,
  UnsyncedFile,
  UnsyncedReport,
} from './mount/control.ts';
export type { Progress } from './report/progress.ts';
export type { Finding, Results, UnsyncedEntry } from './report/results.ts';
export type { Analysis } from './run/analyze.ts';
export type { CommandOptions, CommandOutcome } from './run/command.ts';
export type { TestOptions } from './run/options.ts';
export type { Replay } from './run/replay.ts';
export type { RunUi } from './run/test.ts';
