/**
 * A target: a system under test. One file a system says how it is started, when it is ready, how it is stopped, who its
 * clients are and what it promises. A target never decides a verdict.
 */
import type { JudgedContract, Contract } from '../checkers/contract.ts';
import type { Json } from '../checkers/history.ts';
import type { Machine } from '../machine/machine.ts';

export interface Setting {
  readonly name: string;
  /** Allowed values; absent: any text. */
  readonly values?: readonly string[];
  readonly default: string;
  readonly about: string;
}

/** Paths that a target leaves un-synced by design, and whether their loss hurts. First match wins. */
export interface ExpectedUnsynced {
  readonly glob: string;
  readonly harmless: boolean;
  readonly why: string;
}

export type Settings = Readonly<Record<string, string>>;

export interface Target {
  readonly name: string;
  readonly about: string;
  readonly settings: readonly Setting[];
  /** True where settings beyond the listed ones are handed through (any GUC of PostgreSQL). */
  readonly openSettings: boolean;
  /** The workloads it can run: `set`. */
  readonly workloads: readonly string[];
  /** Whether a loss hurts may depend on the settings: a log that is never synced holds acknowledged commits. */
  expectedUnsynced(settings: Settings): readonly ExpectedUnsynced[];
  /** What its vendor says of these settings. */
  documented(settings: Settings): Documented;
  /** Finds the program and its version on this computer; a missing one says which package has it. */
  detect(): Promise<Detected>;
  /** Makes an instance; `settings` are complete (defaults filled in) and checked. */
  open(context: TargetContext): TargetInstance;
}

type Kill = NonNullable<JudgedContract['kill']>;

/**
 * What the vendor says of some settings. `kill` as in JudgedContract. `unsafe` is the reason in a clause that completes
 * "the vendor calls these settings unsafe: …".
 */
export type Documented =
  | (Contract & { readonly reason: string; readonly link?: string; readonly kill?: Kill })
  | { readonly unsafe: string; readonly link?: string; readonly kill?: Kill };

/** What a program says of itself once it runs: a driver's hello. It outranks what its Target says. */
export interface Declared {
  readonly name: string;
  readonly version: string;
  readonly documented: Documented;
  readonly expectedUnsynced: readonly ExpectedUnsynced[];
}

export type Detected =
  | { readonly found: true; readonly version: string; readonly path: string }
  | { readonly found: false; readonly sentence: string };

export interface TargetContext {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly workload: string;
  /** An empty directory off the disk for logs; they end up in the store. */
  readonly logDirectory: string;
  /** A directory off the disk for sockets, keys and passwords; programs of the machine may read and write there. */
  readonly runDirectory: string;
}

/** A failure to start, with all a user needs: told apart by its class. */
export class StartError extends Error {
  readonly class: 'unrestartable' | 'unopenable' | 'hang';
  readonly exitCode: number | null;
  /** The last lines the program said. */
  readonly lastLines: readonly string[];
  constructor(
    failure: 'unrestartable' | 'unopenable' | 'hang',
    message: string,
    exitCode: number | null,
    lastLines: readonly string[],
  ) {
    super(message);
    this.name = 'StartError';
    this.class = failure;
    this.exitCode = exitCode;
    this.lastLines = lastLines;
  }
}

export interface TargetInstance {
  /** Present from the end of `setup` or `start` on, for targets that describe themselves. */
  readonly declared?: Declared | undefined;
  /** Once, on the empty disk of a booted machine: initdb, schema. Ends with the target stopped cleanly. */
  setup(): Promise<void>;
  /** Starts it on what the disk holds and waits until it answers a client. Rejects with StartError. */
  start(): Promise<void>;
  /** Asks for a graceful stop; true if it ended within `graceMs`. */
  stop(graceMs: number): Promise<boolean>;
  /**
   * Resolves when the target ends by itself, or stops speaking sense, while it should run; not after `stop`, and not when
   * the machine is killed or cut. One promise for each `start`: read it anew after each. Never resolves for embedded targets.
   */
  readonly died: Promise<{ readonly sentence: string; readonly lastLines: readonly string[] }>;
  /** Never rejects: a client that cannot reach the target answers `fail`, a tenth of a second later, and tries again. */
  connect(): Promise<Client>;
  /** The target's own integrity check on a started target. */
  verify(): Promise<Integrity>;
  /** Text that stands for an element in the target's files, so that dropped bytes can be searched for it. */
  needle(value: Json): string;
}

export interface Integrity {
  readonly ok: boolean;
  /** What was run: `PRAGMA integrity_check`, `pg_amcheck`, … */
  readonly method: string;
  /** What it said, when not ok; at most 20 lines. */
  readonly lines: readonly string[];
}

/** One operation of a client and what came of it. `info`: nobody knows whether it happened. */
export interface ClientOp {
  readonly f: string;
  readonly value?: Json;
}
export interface Completion {
  readonly type: 'ok' | 'fail' | 'info';
  readonly value?: Json;
  readonly error?: string;
}

export interface Client {
  /** Never rejects; after `timeoutMs` the completion is `info` with error "timeout" and the client is unusable. */
  invoke(op: ClientOp, timeoutMs: number): Promise<Completion>;
  close(): Promise<void>;
}
