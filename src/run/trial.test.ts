/** Whole runs in a small world, on a clock that is moved by hand: what is done, in which order, and what comes of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestOptions } from './options.ts';
import { lossFacts } from './cut-facts.ts';
import { failedStart, recovered } from './testing/recoveries.ts';
import { failToStart, World, type Behaviour } from './testing/world.ts';

const worlds: World[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) world.remove();
});

function makeWorld(behaviour: Behaviour = {}, options: Partial<TestOptions> = {}): World {
  const world = new World(behaviour, options);
  worlds.push(world);
  return world;
}

async function live(world: World): Promise<World> {
  let isOver = false;
  const living = world.run().finally(() => (isOver = true));
  living.catch(() => undefined);
  while (!isOver) await vi.advanceTimersByTimeAsync(10);
  await living;
  return world;
}

async function run(behaviour: Behaviour = {}, options: Partial<TestOptions> = {}): Promise<World> {
  return live(makeWorld(behaviour, options));
}

describe('a run', () => {
  test('checkpoints its set-up, works, strikes, comes back, and reads everything at last', async () => {
    const world = await run();
    expect(world.log.slice(0, 2)).toEqual(['boot', 'checkpoint']);
    expect(world.nemesis.slice(0, 2)).toEqual(['invoke power-cut', 'info power-cut']);
    expect(world.nemesis.slice(-2)).toEqual(['info unsynced-report', 'info end']);
    expect(world.trial.tally.cuts).toBeGreaterThanOrEqual(1);
    expect(world.trial.interruptions).toHaveLength(world.trial.tally.cuts);
    expect(world.recorder.history.filter(({ final }) => final === true).at(-1)).toMatchObject({
      f: 'read',
      type: 'ok',
    });
    expect(world.findings.findings).toEqual([]);
    expect(world.log.filter((request) => request === 'drop-image')).toHaveLength(world.trial.tally.cuts);
    expect(world.log.at(-1)).toBe('kill');
  });

  test('saves at each boot what is known by then, and once the target has said who it is', async () => {
    const world = await run();
    expect(world.saved).toBe(2 + world.trial.tally.cuts);
  });

  test('records its boots, and what each cut dropped', async () => {
    const world = await run({ syncs: false }, { timeMs: 1 });
    const recorded = world.recorder.history.filter(({ f }) => f === 'boot' || f === 'cut');
    expect(recorded.map(({ f, boot }) => [f, boot])).toEqual([
      ['boot', 1],
      ['cut', 1],
      ['boot', 2],
    ]);
    const { droppedOps } = world.trial.tally;
    expect(droppedOps).toBeGreaterThan(1);
    expect(recorded[1]!.value).toMatchObject({ number: 1, droppedOps, sizeBytes: 8 * (droppedOps - 1) });
  });

  test('puts set-up at risk where that is asked for', async () => {
    expect((await run({}, { cutSetup: true })).log).not.toContain('checkpoint');
  });

  test('strikes once at least, however short it is', async () => {
    const world = await run({}, { timeMs: 1, intervalMs: 60_000 });
    expect(world.trial.tally.cuts).toBe(1);
  });

  test('takes its nemeses in turn', async () => {
    const world = await run({}, { nemesis: ['kill', 'power-cut', 'unsynced-report'], timeMs: 900 });
    expect(
      world.nemesis.filter((said) => !said.startsWith('info k') && !said.startsWith('info p')).slice(0, 4),
    ).toEqual(['invoke kill', 'invoke power-cut', 'info unsynced-report', 'invoke kill']);
  });

  test('strikes with the same triggers on the same seed, however long things take', async () => {
    const triggersOf = ({ recorder }: World) =>
      recorder.history.flatMap(({ f, type, value }) =>
        f === 'power-cut' && type === 'invoke' ? [value] : [],
      );
    const slowly: Behaviour = {
      verify: async () => {
        await new Promise((resolve) => setTimeout(resolve, 70));
        return { ok: true, method: 'none', lines: [] };
      },
    };
    const options = { timeMs: 700, nemesis: ['power-cut', 'kill'] };
    const [first, second] = [triggersOf(await run({}, options)), triggersOf(await run(slowly, options))];
    expect(second.length).toBeGreaterThanOrEqual(1);
    expect(second).toEqual(first.slice(0, second.length));
    expect(first[0]).toMatchObject({ at: 'unsynced-op', afterOps: expect.any(Number) as number });
    const other = triggersOf(await run({}, { ...options, seed: 8 }));
    expect(other.slice(0, 2)).not.toEqual(first.slice(0, 2));
  });

  test('asks each cut to keep what its options say; a random image has a seed of its own', async () => {
    const choicesOf = async (image: TestOptions['image'], seed: number) =>
      (await run({}, { image, seed, timeMs: 500 })).choices;
    expect(new Set(await choicesOf('keep-all', 7))).toEqual(new Set(['keep-all']));
    const [first, again, other] = [
      await choicesOf('random', 7),
      await choicesOf('random', 7),
      await choicesOf('random', 8),
    ];
    expect(first[0]).toEqual({ kind: 'random', seed: expect.any(Number) as number });
    expect(first[1]).not.toEqual(first[0]);
    expect(again.slice(0, 2)).toEqual(first.slice(0, 2));
    expect(other[0]).not.toEqual(first[0]);
  });

  test('that is interrupted ends early, with its last read', async () => {
    const world = makeWorld({}, { timeMs: 60_000, intervalMs: 60_000 });
    setTimeout(() => world.interrupt.abort(), 150);
    await live(world);
    expect(world.trial.tally.cuts).toBe(0);
    expect(world.recorder.history.filter(({ final }) => final === true).at(-1)).toMatchObject({ type: 'ok' });
    expect(world.nemesis.at(-1)).toBe('info end');
  });
});

describe('a target that loses what it acknowledged', () => {
  test('gives one finding a cut, proven from the cut, in the order of the cuts', async () => {
    const world = await run({ syncs: false }, { timeMs: 500 });
    const { findings } = world.findings;
    expect(findings.length).toBeGreaterThanOrEqual(2);
    expect(new Set(world.classes)).toEqual(new Set(['lost-write']));
    expect(findings.map(({ number }) => number)).toEqual(findings.map((_, index) => index + 1));
    expect(findings.map(({ cut }) => cut)).toEqual(findings.map((_, index) => index + 1));
    const [first] = findings;
    expect(first?.evidence.rule).toBe('the rule for data');
    expect(first?.evidence.cutMs).toBeCloseTo(world.trial.interruptions[0]!.timeMs, 6);
    expect(world.log.filter((request) => request === 'export-image')).toHaveLength(
      Math.min(3, findings.length),
    );
  });

  test('to nothing but a kill loses without a cut', async () => {
    const forgetting = (f: string): { type: 'ok'; value: never[] } | undefined =>
      f === 'read' ? { type: 'ok', value: [] } : undefined;
    const world = await run({ answer: forgetting }, { nemesis: ['kill'] });
    const [first] = world.findings.findings;
    expect(first).toMatchObject({ class: 'lost-write', cut: 0 });
    expect(first?.evidence.rule).toBe('none: nothing was taken from the disk');
    expect(world.trial.tally).toMatchObject({ cuts: 0, droppedOps: 0 });
  });
});

describe('a target that cannot be started again', () => {
  const once: Behaviour = {
    onStart: (start, life) => life === 1 && start > 1 && failToStart('no such file: wal'),
  };

  test('is started three times, is a finding, and the run goes on with fresh data', async () => {
    const world = await run(once, { timeMs: 500 });
    expect(world.classes).toEqual(['unrestartable']);
    expect(world.findings.findings[0]!.evidence).toMatchObject({ exitCode: 3, log: ['last words'] });
    expect(world.findings.findings[0]!.evidence.sentences[0]).toMatch(
      /^it was started 3 times, and failed in the same way each time$/,
    );
    expect(world.nemesis).toContain('info fresh');
    const fresh = world.trial.interruptions.find((interruption) => interruption.fresh);
    expect(fresh).toMatchObject({ kind: 'stop', boot: 3 });
    expect(world.log.join(' ')).toContain('kill unmount wipe boot checkpoint');
    // Numbers go on: what a fresh life reads is never taken for what an earlier one wrote.
    expect(
      world.recorder.history.some(({ boot, type, f }) => boot >= 3 && type === 'ok' && f === 'add'),
    ).toBe(true);
  });

  test('ends the run, where that is asked for', async () => {
    const world = await run(once, { afterFatal: 'end', timeMs: 60_000 });
    expect(world.classes).toEqual(['unrestartable']);
    expect(world.nemesis).not.toContain('info fresh');
    expect(world.nemesis.at(-1)).toBe('info end');
  });

  test('ends it too, where not even fresh data can be set up', async () => {
    const hopeless: Behaviour = {
      ...once,
      onSetUp: (life) => life > 1 && failToStart('disk quota exceeded'),
    };
    const world = await run(hopeless, { timeMs: 60_000 });
    expect(world.classes).toEqual(['unrestartable']);
    expect(world.trial.notes.list()).toEqual([
      'the run ended early, because fresh data could not be set up again: disk quota exceeded',
    ]);
  });

  test('from the beginning is an error, for it was not tested', async () => {
    await expect(run({ onStart: () => failToStart('no hello') })).rejects.toThrow('no hello');
  });
});

test('a target that fails its own check is corrupt, and what it lost is told beside', async () => {
  const verify = async () => ({ ok: false, method: 'check', lines: ['page 3 is torn'] });
  const world = await run({ syncs: false, verify }, { timeMs: 1 });
  expect(world.classes).toEqual(['corruption', 'lost-write']);
});

describe('the watchdog', () => {
  test('starts a target again that ended by itself, and says so', async () => {
    const fatal = [10, 300];
    const mortal: Behaviour = {
      answer: (f, value, world) => {
        if (f !== 'add' || !(Number(value) > fatal[0]!)) return undefined;
        fatal.shift();
        world.die('the driver x ended with exit code 7');
        return { type: 'info', error: 'it ended' };
      },
    };
    const world = await run(mortal, { timeMs: 900, intervalMs: 900 });
    expect(world.nemesis.filter((said) => said === 'info died')).toHaveLength(2);
    expect(world.trial.notes.list()[0]).toMatch(
      /^the target ended by itself 2 times and was started again, the first time at 0\.\d s: the driver x ended with exit code 7$/,
    );
    expect(world.trial.interruptions.map(({ kind }) => kind)).toEqual(['died', 'died', 'power-cut']);
    expect(world.findings.findings).toEqual([]);
  });

  test('finds a target that answers nothing, not even a read, and starts it again', async () => {
    let isHanging = true;
    const silent: Behaviour = {
      onStart: (start) => (isHanging = start === 1),
      answer: () =>
        isHanging
          ? new Promise((resolve) => setTimeout(resolve, 100, { type: 'info', error: 'timeout' }))
          : undefined,
    };
    const world = await run(silent, { timeMs: 900, intervalMs: 900 });
    expect(world.classes).toEqual(['hang']);
    expect(world.findings.findings[0]!.message).toMatch(
      /^the target hangs: no op was acknowledged for 0\.\d s, and a read was not answered within 0\.1 s$/,
    );
    expect(world.trial.interruptions.map(({ kind }) => kind)).toEqual(['kill', 'power-cut']);
    expect(world.recorder.history.some(({ boot, type, f }) => boot > 1 && type === 'ok' && f === 'add')).toBe(
      true,
    );
  });

  test('does not call one hanging that refuses: it is started again, and that is a note', async () => {
    let isRefusing = true;
    const refusing: Behaviour = {
      onStart: (start) => (isRefusing = start === 1),
      answer: () => (isRefusing ? { type: 'fail', error: 'too many connections' } : undefined),
    };
    const world = await run(refusing, { timeMs: 900, intervalMs: 900 });
    expect(world.classes).toEqual([]);
    expect(world.trial.notes.list()[0]).toMatch(
      /^the target was started again: no op was acknowledged for 0\.\d s, and a read was refused: too many connections$/,
    );
  });

  test('lets one be that answers reads', async () => {
    const busy: Behaviour = { answer: (f) => (f === 'add' ? { type: 'fail', error: 'busy' } : undefined) };
    const world = await run(busy, { timeMs: 500, intervalMs: 500 });
    expect(world.trial.notes.list()).toEqual([
      'for a while no op was acknowledged although the target answered a read',
    ]);
    expect(world.trial.interruptions.map(({ kind }) => kind)).toEqual(['power-cut']);
  });
});

describe('a clean stop before a cut', () => {
  test('is followed by a report of what it left', async () => {
    const world = await run({}, { stopSignal: 'SIGTERM', timeMs: 1 });
    expect(world.nemesis.slice(0, 4)).toEqual([
      'invoke power-cut',
      'info stop',
      'info unsynced-report',
      'info power-cut',
    ]);
    expect(world.trial.notes.list()).toEqual(['a clean shutdown left nothing un-synced']);
  });

  test('that takes too long is told', async () => {
    const world = await run({ stops: false }, { stopSignal: 'SIGTERM', timeMs: 1 });
    expect(world.trial.notes.list()).toEqual(['the target did not stop within 0.1 s of being asked to']);
  });
});

test('a recovery that is cut is begun anew, and what both cuts took is one proof', async () => {
  const world = await run({ syncs: false }, { nemesis: ['recovery-cut'], timeMs: 1 });
  expect(world.trial.tally.cuts).toBe(2);
  expect(world.trial.interruptions.map(({ kind, boot }) => [kind, boot])).toEqual([
    ['power-cut', 2],
    ['power-cut', 3],
  ]);
  expect(world.log.filter((request) => request === 'drop-image')).toHaveLength(2);
  expect(world.findings.findings).toMatchObject([{ class: 'lost-write', cut: 2 }]);
  expect(world.findings.findings[0]!.evidence.sentences[0]).toMatch(/written by db\[88\]/);
});

describe('the durable state of an earlier instant', () => {
  /** A target whose un-synced writes have vanished under it, while its crew works on. */
  async function loseUnder(world: World) {
    const { trial } = world;
    await trial.beginLife();
    trial.startCrew();
    await vi.advanceTimersByTimeAsync(50);
    const { disk } = trial.parts.machine;
    const kept = await disk.request('keep-image');
    await disk.request('lose-unsynced');
    await vi.advanceTimersByTimeAsync(50);
    return lossFacts('lose-unsynced', 1, kept);
  }

  test('takes the place of the living target, and is judged as if the power had gone then', async () => {
    const world = makeWorld({ syncs: false });
    const { trial } = world;
    const cut = await loseUnder(world);
    const before = world.recorder.history.filter(
      ({ f, type, timeMs }) => f === 'add' && type === 'ok' && timeMs <= cut.timeMs,
    ).length;
    await trial.replaceBy(cut, async (steps) => {
      steps.record({ type: 'invoke', f: 'read' });
      steps.record({ type: 'ok', f: 'read', value: [] });
      return recovered();
    });
    expect(trial.interruptions).toEqual([{ kind: 'power-cut', timeMs: cut.timeMs, boot: 2 }]);
    expect(world.findings.findings).toHaveLength(1);
    // What the living target acknowledged later was promised to nobody.
    expect(world.findings.findings[0]!.evidence.count).toBe(before);
    expect([trial.isAlive, trial.ended, world.log.at(-1)]).toEqual([false, false, 'drop-image']);
  });

  test('on which the target does not start ends the run, where a fatal finding is to', async () => {
    const world = makeWorld({}, { afterFatal: 'end' });
    const cut = await loseUnder(world);
    await world.trial.replaceBy(cut, async () => ({ failures: [failedStart('no wal')], started: false }));
    expect([world.classes, world.trial.ended]).toEqual([['unrestartable'], true]);
  });

  test('is beside the point of what the living target complains of', async () => {
    const world = makeWorld({ syncs: false });
    const cut = await loseUnder(world);
    expect(await world.trial.complaintsSince(cut.timeMs)).toEqual([
      expect.stringMatching(
        /^\d+ adds that had been acknowledged or read were missing from every read since [\d.]+ s in boot 1\.$/,
      ) as string,
    ]);
    expect(world.findings.findings).toEqual([]);
  });
});

test('a power glitch checkpoints, works on, and cuts', async () => {
  const world = await run({}, { nemesis: ['power-glitch'], timeMs: 1 });
  expect(world.nemesis.slice(0, 4)).toEqual([
    'invoke checkpoint',
    'info checkpoint',
    'invoke power-cut',
    'info power-cut',
  ]);
});

test('a power glitch does not cut a run that was interrupted while it worked', async () => {
  const world = makeWorld({}, { nemesis: ['power-glitch'], timeMs: 1, intervalMs: 60_000 });
  setTimeout(() => world.interrupt.abort(), 150);
  await live(world);
  expect(world.trial.tally.cuts).toBe(0);
});

test('a store that cannot take another op ends the run with that error', async () => {
  const world = makeWorld({}, { timeMs: 60_000, intervalMs: 60_000 });
  const { record } = world.recorder;
  world.recorder.record = (op) => {
    if (world.recorder.history.length > 20) throw new Error('ENOSPC: no space left on device');
    return record.call(world.recorder, op);
  };
  await expect(live(world)).rejects.toThrow('ENOSPC');
});
