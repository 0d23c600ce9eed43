/** What `powercut test` is asked to do: the options with their defaults filled in. Pure data. */
import type { RealFileSystemName } from '../device/real-file-system.ts';
import type { WriteMode } from '../fuse/session.ts';
import type { DiskRoom } from '../mount/control.ts';
import type { CutChoice } from '../mount/selection.ts';
import { onRealFileSystem } from '../report/profiles.ts';

export interface TestOptions {
  readonly target: string;
  /** Arguments after a driver's path. */
  readonly driverArguments: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly workload: string;
  /** Nemeses by name; several compose. */
  readonly nemesis: readonly string[];
  readonly profile: string;
  /** What power cuts keep of what they might lose; `random` draws a seed for each cut. */
  readonly image: CutChoice;
  /** Under `strict`: fail by what a real file system can bring about, or by everything. */
  readonly failOn: 'real' | 'strict';
  /** A real file system under the target, which follows its own rules; absent: a disk that forgets, by the profile. */
  readonly fileSystem?: RealFileSystemName;
  /** Whether the disk sees each write as it is made, or the kernel keeps them back. */
  readonly writes: WriteMode;
  /** How large the disk is, and how much of it may be in memory. */
  readonly room: DiskRoom;
  readonly contract: 'documented' | 'strict';
  readonly timeMs: number;
  readonly intervalMs: number;
  readonly concurrency: number;
  /** Ops a second of all clients together, at most. */
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly store: string;
  readonly stopGraceMs: number;
  readonly stopSignal: 'SIGTERM' | 'SIGKILL';
  readonly opTimeoutMs: number;
  readonly pins: readonly string[];
  readonly cutSetup: boolean;
  /** After a fatal finding: go on with fresh data, or end. */
  readonly afterFatal: 'fresh' | 'end';
  /** The command line that repeats this run. */
  readonly command: string;
}

/** By what a cut of this run keeps and drops, in a word: the profile, or `real ext4`. */
export function rulesOf({ profile, fileSystem }: Pick<TestOptions, 'profile' | 'fileSystem'>): string {
  return fileSystem === undefined ? profile : onRealFileSystem(fileSystem);
}

export const testDefaults = {
  target: 'sqlite',
  driverArguments: [],
  settings: {},
  workload: 'set',
  nemesis: ['power-cut'],
  profile: 'ext4',
  image: 'lose-all',
  failOn: 'real',
  writes: 'through',
  room: {},
  contract: 'documented',
  timeMs: 20_000,
  intervalMs: 5_000,
  concurrency: 5,
  ratePerSecond: 1_000,
  store: './store',
  stopGraceMs: 10_000,
  stopSignal: 'SIGKILL',
  opTimeoutMs: 5_000,
  pins: [],
  cutSetup: false,
  afterFatal: 'fresh',
} as const satisfies Partial<TestOptions>;
