/** A nemesis: what goes wrong, and when. It says what happens in terms of the machine; the run carries it out and records it. */
import type { Random } from './random.ts';

/** What a nemesis may do to a run. Each call returns when the target works again, or cannot; once the run is over it does nothing. */
export interface Circumstances {
  readonly random: Random;
  readonly intervalMs: number;
  /** Lets the clients work. Ends early when the run's time is up. */
  work(durationMs: number): Promise<void>;
  /** The power cut: un-synced data and names are lost, the machine boots, the target starts, everything is read. */
  cutPower(): Promise<void>;
  /** The power cut, and another one while the target starts on what the first one left. */
  cutRecovery(): Promise<void>;
  /** Every process dies, the disk keeps everything; then as after a cut. */
  kill(): Promise<void>;
  /** Everything volatile becomes durable. */
  checkpoint(): Promise<void>;
  /** Un-synced data vanish under the living target; then the durable state of that instant is booted apart, and the run goes on with fresh data. */
  loseUnsynced(): Promise<void>;
  /** Asks the disk what is un-synced. */
  takeReport(): Promise<void>;
}

export interface Nemesis {
  readonly name: string;
  readonly about: string;
  /** What must have happened for the run to have tested something. */
  readonly tests: 'power-loss' | 'kill' | 'nothing';
  /** How often it strikes, as a share of the interval. Default 1. */
  readonly pace?: number;
  /** It does to a living disk what only one of our own can suffer, and no real file system. */
  readonly needsOwnDisk?: true;
  strike(circumstances: Circumstances): Promise<void>;
}
