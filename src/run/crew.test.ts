/** The crew on targets of a few lines, in real time; nothing here depends on how long it takes. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { HistoryOp } from '../checkers/history.ts';
import type { Client, ClientOp, Completion } from '../targets/target.ts';
import { sleep, startCrew, type Crew, type CrewOptions } from './crew.ts';
import type { Recorded } from './recorder.ts';

type Answer = (op: ClientOp) => Completion | Promise<Completion>;

class Scene {
  readonly ops: Recorded[] = [];
  connected = 0;
  closed = 0;
  crew: Crew | undefined;

  start(answer: Answer, options: Partial<CrewOptions> = {}): Crew {
    let process = 0;
    let value = 0;
    const client: Client = {
      invoke: async (op) => answer(op),
      close: async () => void this.closed++,
    };
    this.crew = startCrew({
      instance: {
        connect: async () => {
          this.connected++;
          return client;
        },
      },
      recorder: {
        record: (op) => {
          this.ops.push(op);
          return op as HistoryOp;
        },
      },
      generator: { next: () => ({ f: 'add', value: value++ }) },
      concurrency: 1,
      opTimeoutMs: 1_000,
      ratePerSecond: 10_000,
      now: () => performance.now(),
      isUp: () => true,
      nextProcess: () => process++,
      ...options,
    });
    return this.crew;
  }

  async until(count: number, type: HistoryOp['type'] = 'invoke'): Promise<void> {
    while (this.ops.filter((op) => op.type === type).length < count) {
      this.crew?.check();
      await delay(2);
    }
  }

  of(process: number): string[] {
    return this.ops
      .filter((op) => op.process === process)
      .map(({ type, value }) => `${type} ${String(value)}`);
  }
}

describe('a client', () => {
  test('invokes one op after the other under its own number', async () => {
    const scene = new Scene();
    const crew = scene.start(() => ({ type: 'ok' }));
    await scene.until(3, 'ok');
    await crew.stop();
    expect(scene.of(0).slice(0, 4)).toEqual(['invoke 0', 'ok 0', 'invoke 1', 'ok 1']);
    expect(new Set(scene.ops.map((op) => op.process))).toEqual(new Set([0]));
    expect(crew.okCount()).toBe(scene.ops.filter((op) => op.type === 'ok').length);
    expect([scene.connected, scene.closed]).toEqual([1, 1]);
  });

  test('whose op ended as info is never used again: it goes on under a new number, on a new connection', async () => {
    const scene = new Scene();
    const crew = scene.start(({ value }) =>
      value === 1 ? { type: 'info', error: 'timeout' } : { type: 'ok' },
    );
    await scene.until(3, 'ok');
    await crew.stop();
    expect(scene.of(0)).toEqual(['invoke 0', 'ok 0', 'invoke 1', 'info 1']);
    expect(scene.of(1).slice(0, 2)).toEqual(['invoke 2', 'ok 2']);
    expect([scene.connected, scene.closed]).toEqual([2, 2]);
  });

  test('whose op failed keeps its number, and pauses before the next', async () => {
    const scene = new Scene();
    const times: number[] = [];
    const crew = scene.start(() => {
      times.push(performance.now());
      return { type: 'fail', error: 'busy' };
    });
    await scene.until(4, 'fail');
    await crew.stop();
    expect(scene.of(0).slice(0, 3)).toEqual(['invoke 0', 'fail 0', 'invoke 1']);
    expect(scene.ops[1]).toMatchObject({ type: 'fail', error: 'busy' });
    expect(times[3]! - times[0]!).toBeGreaterThan(3 * 15);
  });

  test('records the value that it heard, or that of its op', async () => {
    const scene = new Scene();
    const generator = { next: () => ({ f: 'read' }) };
    const crew = scene.start(() => ({ type: 'ok', value: [1, 2] }), { generator });
    await scene.until(1, 'ok');
    await crew.stop();
    expect(scene.ops[0]).toEqual({ process: 0, type: 'invoke', f: 'read' });
    expect(scene.ops[1]).toEqual({ process: 0, type: 'ok', f: 'read', value: [1, 2] });
  });

  test('asks nobody while the machine is off', async () => {
    const scene = new Scene();
    let isUp = false;
    const crew = scene.start(() => ({ type: 'ok' }), { isUp: () => isUp });
    await delay(60);
    expect([scene.ops, scene.connected]).toEqual([[], 0]);
    isUp = true;
    await scene.until(1, 'ok');
    await crew.stop();
  });
});

describe('a crew', () => {
  test('works with as many clients as it has, all at once', async () => {
    const scene = new Scene();
    const crew = scene.start(() => delay(50, { type: 'ok' } as const), { concurrency: 20 });
    await scene.until(20);
    expect(new Set(scene.ops.slice(0, 20).map((op) => op.process)).size).toBe(20);
    await crew.stop();
    expect([scene.connected, scene.closed]).toEqual([20, 20]);
  });

  test('keeps to its rate, and saves nothing up', async () => {
    const scene = new Scene();
    const startMs = performance.now();
    const crew = scene.start(() => ({ type: 'ok' }), { concurrency: 5, ratePerSecond: 100 });
    await scene.until(20);
    const tookMs = performance.now() - startMs;
    await crew.stop();
    expect(tookMs).toBeGreaterThan(180);
  });

  test('that is stopped waits for the ops under way, and begins no other', async () => {
    const scene = new Scene();
    let finish = (): void => undefined;
    const crew = scene.start(() => new Promise((resolve) => (finish = () => resolve({ type: 'ok' }))));
    await scene.until(1);
    let isOver = false;
    const stopped = crew.stop().then(() => (isOver = true));
    await delay(30);
    expect(isOver).toBe(false);
    finish();
    await stopped;
    expect(scene.of(0)).toEqual(['invoke 0', 'ok 0']);
    expect(scene.closed).toBe(1);
  });

  test('that is halted begins no other op either', async () => {
    const scene = new Scene();
    const crew = scene.start(() => ({ type: 'ok' }));
    await scene.until(1, 'ok');
    crew.halt();
    await delay(30);
    const { length } = scene.ops;
    await delay(30);
    expect(scene.ops).toHaveLength(length);
    await crew.stop();
  });

  test('tells when an op was last ok: its start, before the first', async () => {
    const scene = new Scene();
    const startMs = performance.now();
    const crew = scene.start(({ value }) => ({ type: value === 0 ? 'fail' : 'ok' }));
    expect(crew.lastOkMs()).toBeGreaterThanOrEqual(startMs);
    expect(crew.okCount()).toBe(0);
    const before = crew.lastOkMs();
    await scene.until(1, 'ok');
    expect(crew.lastOkMs()).toBeGreaterThan(before);
    await crew.stop();
  });

  test('does not go on when its ops cannot be recorded, and says why', async () => {
    const scene = new Scene();
    let recorded = 0;
    const record = (op: Recorded): HistoryOp => {
      if (++recorded > 3) throw new Error('ENOSPC: no space left on device');
      return op as HistoryOp;
    };
    const crew = scene.start(() => ({ type: 'ok' }), { recorder: { record }, concurrency: 3 });
    while (recorded < 4) await delay(2);
    await delay(30);
    expect(() => crew.check()).toThrow('ENOSPC');
    await expect(crew.stop()).rejects.toThrow('ENOSPC');
    expect(scene.closed).toBe(scene.connected);
  });
});

test('a sleep ends early when it is told to', async () => {
  const alarm = new AbortController();
  const asleep = sleep(60_000, alarm.signal);
  alarm.abort();
  await asleep;
  await sleep(60_000, alarm.signal);
});
