/**
 * A small world for runs in one process: a disk that forgets, a machine, and a store of numbers on it that can be told to
 * misbehave. It answers at once, so that a run of milliseconds goes through everything that a real one does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../checkers/history.ts';
import { everything } from '../../checkers/testing/script.ts';
import type { Machine } from '../../machine/machine.ts';
import type { DiskControl, DiskRequests, Selection } from '../../mount/control.ts';
import { nemeses } from '../../nemeses/catalogue.ts';
import { seededRandom } from '../../nemeses/random.ts';
import {
  StartError,
  type Client,
  type Completion,
  type Target,
  type TargetInstance,
} from '../../targets/target.ts';
import { setWorkload } from '../../workloads/set.ts';
import { startClock, type RunClock } from '../clock.ts';
import { FindingBook } from '../finding-book.ts';
import { testDefaults, type TestOptions } from '../options.ts';
import { Recorder } from '../recorder.ts';
import { storeAt } from '../store.ts';
import { strike } from '../strikes.ts';
import { Trial } from '../trial.ts';
import { UnsyncedLog } from '../unsynced-log.ts';
import { op, rules, write } from './cuts.ts';

export interface Behaviour {
  /** Adds are durable before they are acknowledged. @default true */
  readonly syncs?: boolean;
  /** Called at each start, counted from 1 in each life; throws what keeps it from starting. */
  readonly onStart?: (start: number, life: number) => void;
  /** Called at each set-up, counted from 1. */
  readonly onSetUp?: (life: number) => void;
  /** What clients hear instead of what the store would say. */
  readonly answer?: (f: string, value: Json, world: World) => Completion | Promise<Completion> | undefined;
  readonly verify?: TargetInstance['verify'];
  readonly stops?: boolean;
}

/** Fast, and on one seed. */
export const worldOptions: TestOptions = {
  ...testDefaults,
  target: './world',
  nemesis: ['power-cut'],
  timeMs: 300,
  intervalMs: 100,
  concurrency: 2,
  opTimeoutMs: 100,
  stopGraceMs: 100,
  seed: 7,
  command: 'powercut test ./world',
};

export class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'powercut-world-'));
  readonly store = storeAt(this.directory);
  readonly options: TestOptions;
  readonly behaviour: Behaviour;
  readonly clock: RunClock = startClock();
  readonly recorder = new Recorder(this.clock, this.store.historyFile);
  readonly events: string[] = [];
  /** Requests to the disk and orders to the machine, in order. */
  readonly log: string[] = [];
  /** What cuts were asked to keep. */
  readonly choices: Selection[] = [];
  readonly interrupt = new AbortController();
  readonly findings: FindingBook;
  readonly trial: Trial;
  saved = 0;
  /** What the disk holds: everything, and what a cut leaves. */
  volatile = new Set<Json>();
  durable = new Set<Json>();
  readonly #images = new Map<number, ReadonlySet<Json>>();
  #running = false;
  #lives = 0;
  #starts = 0;
  #die: ((death: Awaited<TargetInstance['died']>) => void) | undefined;

  constructor(behaviour: Behaviour = {}, options: Partial<TestOptions> = {}) {
    this.behaviour = behaviour;
    this.options = { ...worldOptions, ...options };
    const machine = this.#machine();
    this.findings = new FindingBook(this.store, machine.disk, 'strict', () => undefined);
    this.trial = new Trial({
      options: this.options,
      target: { open: () => this.#instance() } as unknown as Target,
      workload: setWorkload,
      clock: this.clock,
      recorder: this.recorder,
      machine,
      findings: this.findings,
      unsynced: new UnsyncedLog(),
      progress: {
        phase: () => undefined,
        event: (sentence) => this.events.push(sentence),
        sample: () => undefined,
        done: () => undefined,
      },
      facts: { contract: everything },
      interrupted: this.interrupt.signal,
      contextFor: () => ({}) as never,
      onSetUp: () => undefined,
      save: () => this.saved++,
    });
  }

  /** A whole run, as runTest makes it. */
  async run(): Promise<void> {
    await this.trial.beginLife();
    await strike(this.trial, {
      nemeses: this.options.nemesis.map((name) => nemeses.get(name)!),
      random: seededRandom(this.options.seed),
      scratchDirectory: this.directory,
    });
    await this.trial.finish();
  }

  /** The target ends by itself. */
  die(sentence: string): void {
    this.#die?.({ sentence, lastLines: [] });
  }

  get classes(): string[] {
    return this.findings.findings.map((finding) => finding.class);
  }

  /** What the nemesis did, without boots and what cuts dropped. */
  get nemesis(): string[] {
    return this.recorder.history
      .filter(({ process, f }) => process === 'nemesis' && f !== 'boot' && f !== 'cut')
      .map(({ type, f }) => `${type} ${f}`);
  }

  remove(): void {
    this.recorder.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #machine(): Machine {
    const disk: DiskControl = {
      mountPoint: join(this.directory, 'disk'),
      request: async (name, params) => {
        if (name !== 'stats') this.log.push(name);
        return this.#answer(name, params ?? {}) as never;
      },
      ended: new Promise(() => undefined),
      close: async () => undefined,
    };
    const isRunning = () => this.#running;
    const order = (name: string, running: boolean) => async () => {
      this.log.push(name);
      this.#running = running;
    };
    return {
      directory: disk.mountPoint,
      disk,
      user: { uid: 0, gid: 0 },
      get running() {
        return isRunning();
      },
      boot: order('boot', true),
      kill: order('kill', false),
      close: order('close', false),
      cut: async (_trigger, choice) => {
        this.choices.push(choice);
        this.#running = false;
        const loss = this.#loss();
        const image = this.#keep();
        this.volatile = new Set(this.durable);
        return { ...loss, image };
      },
      spawn: () => {
        throw new Error('nothing is spawned here');
      },
      run: () => Promise.reject(new Error('nothing is run here')),
    };
  }

  #answer(name: keyof DiskRequests, params: object): object {
    switch (name) {
      case 'stats':
        return { unsyncedBytes: 8 * (this.volatile.size - this.durable.size), ops: 0 };
      case 'report':
        return { files: [], sizeBytes: 0, timeMs: this.clock.now() };
      case 'checkpoint':
        this.durable = new Set(this.volatile);
        return {};
      case 'wipe':
        this.volatile = new Set();
        this.durable = new Set();
        return {};
      case 'freeze':
        return { frozenMs: this.clock.now(), opNumber: 1 };
      case 'keep-image':
        return { ...this.#loss(), image: this.#keep() };
      case 'lose-unsynced':
        this.volatile = new Set(this.durable);
        return {};
      case 'trace': {
        const { needles } = params as DiskRequests['trace']['params'];
        return needles.map((needle) => ({ needle, path: 'data', offset: 0, op: write(0, 8) }));
      }
      default:
        return {};
    }
  }

  #loss() {
    const count = this.volatile.size - this.durable.size;
    const timeMs = this.clock.now();
    const ops = Array.from({ length: count }, () => write(0, 8, { timeMs }));
    const dropped = [op('setattr', { timeMs }), ...ops];
    const files = [] as const;
    const common = { timeMs, frozenMs: timeMs, opNumber: 1, sizeBytes: 8 * count, files, rules };
    return { ...common, ops: dropped, opCount: dropped.length, processes: { '88': 'db' } };
  }

  #keep(): number {
    const image = this.#images.size + 1;
    this.#images.set(image, this.durable);
    return image;
  }

  #instance(): TargetInstance {
    const life = ++this.#lives;
    this.#starts = 0;
    let died: TargetInstance['died'] = new Promise(() => undefined);
    return {
      setup: async () => this.behaviour.onSetUp?.(life),
      start: async () => {
        this.behaviour.onStart?.(++this.#starts, life);
        died = new Promise((resolve) => (this.#die = resolve));
      },
      stop: async () => this.behaviour.stops ?? true,
      get died() {
        return died;
      },
      connect: async () => this.#client(),
      verify: this.behaviour.verify ?? (async () => ({ ok: true, method: 'none', lines: [] })),
      needle: (value) => `set-${String(value)}`,
    };
  }

  #client(): Client {
    return {
      invoke: async ({ f, value = null }) => {
        if (!this.#running) return { type: 'fail', error: 'the machine is off' };
        const said = await this.behaviour.answer?.(f, value, this);
        if (said !== undefined) return said;
        if (f === 'read') return { type: 'ok', value: [...this.volatile] };
        this.volatile.add(value);
        if (this.behaviour.syncs ?? true) this.durable.add(value);
        return { type: 'ok' };
      },
      close: async () => undefined,
    };
  }
}

export function failToStart(message: string, exitCode = 3): never {
  throw new StartError('unrestartable', message, exitCode, ['last words']);
}
