/**
 * The gate of a mounted disk: open, held (frozen) or failing, and the trigger that closes it. Lives on the serving
 * thread; it never waits and never touches the disk.
 */
import type { Gate } from '../fuse/session.ts';
import type { FreezeTrigger, Frozen } from './control.ts';
import { Refusal } from './refusal.ts';

/** What the gate asks of the disk after each request. */
export interface Progress {
  /** The last op applied. */
  readonly opNumber: number;
  /** Mutations so far; barriers do not count. */
  readonly mutations: number;
  readonly hasUnsynced: boolean;
}

interface Trigger {
  afterMutations: number;
  readonly edge: 'after' | 'before';
  readonly settle: (outcome: Frozen | Error) => void;
}

/** What others ask of the serving thread. */
export interface Messages {
  /** Whether any may be waiting. */
  isCalled(): boolean;
  /** Handles those that are. */
  drain(): void;
}

export class FreezeGate implements Gate {
  readonly #messages: Messages;
  readonly #progress: () => Progress;
  readonly #nowMs: () => number;
  #state: 'open' | 'held' | 'failing' = 'open';
  #frozen: Frozen | undefined;
  #trigger: Trigger | undefined;
  #mutations = 0;

  constructor(options: {
    readonly messages: Messages;
    readonly progress: () => Progress;
    readonly nowMs: () => number;
  }) {
    this.#messages = options.messages;
    this.#progress = options.progress;
    this.#nowMs = options.nowMs;
  }

  state(): 'open' | 'held' | 'failing' {
    if (this.#trigger?.edge === 'before' && this.#isDue(this.#trigger)) this.#close();
    return this.#state;
  }

  isCalled(): boolean {
    return this.#messages.isCalled();
  }

  wake(): void {
    this.#messages.drain();
  }

  applied(): void {
    const trigger = this.#trigger;
    if (trigger?.edge !== 'after') return;
    const { mutations } = this.#progress();
    const isMutation = mutations > this.#mutations;
    this.#mutations = mutations;
    if (isMutation && this.#isDue(trigger)) this.#close();
  }

  #isDue(trigger: Trigger): boolean {
    const { mutations, hasUnsynced } = this.#progress();
    return hasUnsynced && mutations > trigger.afterMutations;
  }

  /** Calls `settle` once frozen, or with the error that prevents it. A trigger at work is overtaken by `now`. */
  freeze(trigger: FreezeTrigger, settle: (outcome: Frozen | Error) => void): void {
    if (this.#state === 'failing') {
      settle(new Refusal('cannot freeze: the disk fails every request until the next mount'));
    } else if (this.#frozen !== undefined) {
      settle(this.#frozen);
    } else if (trigger.at === 'now') {
      settle(this.#close());
    } else if (this.#trigger !== undefined) {
      settle(new Refusal('a freeze is already waiting for its trigger'));
    } else {
      this.#mutations = this.#progress().mutations;
      this.#trigger = {
        afterMutations: this.#mutations + trigger.afterOps,
        edge: trigger.edge ?? 'after',
        settle,
      };
    }
  }

  /** The trigger has waited for long: the next op that leaves something un-synced will do. */
  freezeSoon(): void {
    if (this.#trigger !== undefined) this.#trigger.afterMutations = -1;
  }

  /** The time for the trigger is up: freezes anyway. */
  freezeOverdue(): void {
    if (this.#trigger !== undefined) this.#close();
  }

  thaw(): void {
    if (this.#state !== 'held')
      throw new Refusal(`cannot thaw: the disk is ${this.#state === 'open' ? 'not frozen' : 'failing'}`);
    this.#state = 'open';
    this.#frozen = undefined;
  }

  fail(): void {
    this.#state = 'failing';
    this.#frozen = undefined;
    this.#abandon('the disk was failed before it froze');
  }

  /** A new session begins, or the old one has ended. */
  reset(): void {
    this.#state = 'open';
    this.#frozen = undefined;
    this.#abandon('the disk was unmounted before it froze');
  }

  #close(): Frozen {
    const frozen = { frozenMs: this.#nowMs(), opNumber: this.#progress().opNumber };
    this.#state = 'held';
    this.#frozen = frozen;
    const trigger = this.#trigger;
    this.#trigger = undefined;
    trigger?.settle(frozen);
    return frozen;
  }

  #abandon(reason: string): void {
    const trigger = this.#trigger;
    this.#trigger = undefined;
    trigger?.settle(new Refusal(reason));
  }
}
