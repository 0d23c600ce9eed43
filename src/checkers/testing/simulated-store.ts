/**
 * A store in a few lines whose crashes are honest, or dishonest in one chosen way, driven by several clients at once. Its
 * histories are what a runner would record of it: a checker must find nothing in those of the honest one, and the right
 * class in those of each other.
 */
import type { Interruption } from '../facts.ts';
import { Script } from './script.ts';

export type Bug =
  | 'none'
  /** A cut takes the latest acknowledged element. */
  | 'loses-tail'
  /** A cut takes an acknowledged element from the middle. */
  | 'loses-middle'
  /** A cut takes an element that the next cut gives back. */
  | 'resurrects'
  /** After a cut one element is there twice. */
  | 'duplicates'
  /** After a cut there is an element that nobody added. */
  | 'invents'
  /** An add that is answered fail is done all the same. */
  | 'fails-falsely'
  /** One read of a boot does not see an element. */
  | 'blinks'
  /** An element goes while the store runs. */
  | 'forgets'
  /** Answers ok to everything and keeps nothing. */
  | 'keeps-nothing';

export interface StoreOptions {
  readonly bug: Bug;
  /** Answers ok before an element is durable; the disk has it this much later at the latest. Zero: waits for it. */
  readonly lagMs: number;
  /** A cut takes a tail of what is not durable; otherwise any of it. */
  readonly ordered: boolean;
}

export type StoreStep =
  | { readonly do: 'add' | 'read' | 'apply'; readonly client: number }
  | { readonly do: 'finish'; readonly client: number; readonly how: 'ok' | 'fail' | 'info' }
  | { readonly do: 'sync' }
  | { readonly do: 'wait'; readonly ms: number }
  | {
      readonly do: 'interrupt';
      readonly kind: 'power-cut' | 'kill' | 'stop';
      readonly keep: number;
      readonly late: 'ok' | 'info' | 'never';
    };

interface Entry {
  readonly element: number;
  readonly atMs: number;
  durable: boolean;
  acknowledged: boolean;
}

interface Pending {
  readonly process: number;
  /** The element to add; nothing for a read. */
  readonly element: number | undefined;
  applied: boolean;
  seen: readonly number[] | undefined;
}

export class SimulatedStore {
  readonly script = new Script();
  readonly #options: StoreOptions;
  readonly #pending = new Map<number, Pending>();
  #entries: Entry[] = [];
  readonly #withheld: Entry[] = [];
  #nextElement = 0;
  #nextProcess = 0;
  #cuts = 0;
  #blinked = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  do(step: StoreStep): void {
    this.#writeBack();
    switch (step.do) {
      case 'add':
        return this.#begin(step.client, 'add');
      case 'read':
        return this.#begin(step.client, 'read');
      case 'apply': {
        const op = this.#pending.get(step.client);
        if (op !== undefined) this.#apply(op);
        return;
      }
      case 'finish': {
        const op = this.#pending.get(step.client);
        this.#pending.delete(step.client);
        if (op !== undefined) this.#finish(op, step.how);
        return;
      }
      case 'sync':
        return this.#sync();
      case 'wait':
        this.script.at(this.script.nowMs + 10 + step.ms);
        return;
      case 'interrupt':
        return this.#interrupt(step.kind, step.keep, step.late);
    }
  }

  /** A whole acknowledged add that runs by itself. */
  addAlone(): void {
    this.do({ do: 'add', client: -1 });
    this.do({ do: 'finish', client: -1, how: 'ok' });
  }

  /** A whole add that fails. */
  failAlone(): void {
    this.do({ do: 'add', client: -1 });
    this.do({ do: 'finish', client: -1, how: 'fail' });
  }

  /** A read of everything that runs by itself. */
  finalRead(): void {
    this.#writeBack();
    this.script.finalRead(this.#elements());
    if (this.#options.bug === 'forgets' && this.#cuts > 0) this.#withhold(0);
  }

  #begin(client: number, f: 'add' | 'read'): void {
    if (this.#pending.has(client)) return;
    const process = this.#nextProcess++;
    const element = f === 'add' ? this.#nextElement++ : undefined;
    this.#pending.set(client, { process, element, applied: false, seen: undefined });
    this.script.invoke(process, f, element);
  }

  #apply(op: Pending): void {
    if (op.element === undefined) op.seen ??= this.#elements();
    else if (!op.applied) {
      op.applied = true;
      this.#entries.push({
        element: op.element,
        atMs: this.script.nowMs,
        durable: false,
        acknowledged: false,
      });
    }
  }

  #finish(op: Pending, how: 'ok' | 'fail' | 'info'): void {
    if (how === 'info') {
      this.script.complete(op.process, 'info');
    } else if (op.element === undefined) {
      this.#apply(op);
      this.script.complete(op.process, how, how === 'ok' ? op.seen! : undefined);
    } else if (how === 'fail' && !op.applied) {
      if (this.#options.bug === 'fails-falsely') this.#apply(op);
      this.script.complete(op.process, 'fail');
    } else {
      this.#apply(op);
      if (this.#options.lagMs === 0) this.#sync();
      this.#entries.find(({ element }) => element === op.element)!.acknowledged = true;
      this.script.complete(op.process, 'ok');
    }
  }

  #interrupt(kind: Interruption['kind'], keep: number, late: 'ok' | 'info' | 'never'): void {
    if (kind === 'power-cut') this.#losePower(keep);
    this.script.interrupt(kind);
    for (const op of this.#pending.values())
      if (late !== 'never') this.script.complete(op.process, late, op.element === undefined ? [] : undefined);
    this.#pending.clear();
    this.#blinked = false;
    this.finalRead();
    // What was not there once is seen to be there within the boot.
    if (this.#options.bug === 'blinks') this.finalRead();
  }

  #losePower(keep: number): void {
    this.#cuts++;
    const { bug, ordered } = this.#options;
    const volatile = this.#entries.filter(({ durable }) => !durable);
    const kept = new Set(
      ordered
        ? volatile.slice(0, Math.floor(volatile.length * keep))
        : volatile.filter(({ element }) => (element * 0.618) % 1 < keep),
    );
    this.#entries = this.#entries.filter((entry) => entry.durable || kept.has(entry));
    if (bug === 'loses-tail') this.#withhold(-1);
    if (bug === 'loses-middle') this.#withhold(-2);
    if (bug === 'resurrects') {
      if (this.#withheld.length === 0) this.#withhold(-1);
      else this.#entries.push(...this.#withheld.splice(0));
    }
    for (const entry of this.#entries) entry.durable = true;
  }

  /** Takes the acknowledged element at this place, counted from the end. */
  #withhold(at: number): void {
    const entry = this.#entries.filter(({ acknowledged }) => acknowledged).at(at);
    if (entry === undefined) return;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#withheld.push(entry);
  }

  #elements(): readonly number[] {
    const elements = this.#entries.map(({ element }) => element);
    if (this.#cuts === 0) return elements;
    switch (this.#options.bug) {
      case 'duplicates':
        return [...elements, ...elements.slice(0, 1)];
      case 'invents':
        return [...elements, 1_000_000];
      case 'keeps-nothing':
        return [];
      case 'blinks': {
        const blink = !this.#blinked;
        this.#blinked = true;
        return blink ? elements.slice(1) : elements;
      }
      default:
        return elements;
    }
  }

  #sync(): void {
    for (const entry of this.#entries) entry.durable = true;
  }

  #writeBack(): void {
    const dueMs = this.script.nowMs - this.#options.lagMs;
    for (const entry of this.#entries) if (entry.atMs < dueMs) entry.durable = true;
  }
}
