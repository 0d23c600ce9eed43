import { beforeEach, expect, test } from 'vitest';
import type { Frozen } from './control.ts';
import { FreezeGate } from './freeze-gate.ts';

let progress: { opNumber: number; mutations: number; hasUnsynced: boolean };
let outcomes: (Frozen | Error)[];
let gate: FreezeGate;
beforeEach(() => {
  progress = { opNumber: 0, mutations: 0, hasUnsynced: false };
  outcomes = [];
  gate = new FreezeGate({
    messages: { isCalled: () => false, drain: () => undefined },
    progress: () => progress,
    nowMs: () => 100 + progress.opNumber,
  });
});

const note = (outcome: Frozen | Error): void => {
  outcomes.push(outcome);
};
function mutate(): void {
  progress = { opNumber: progress.opNumber + 1, mutations: progress.mutations + 1, hasUnsynced: true };
  gate.applied();
}
function barrier(hasUnsynced: boolean): void {
  progress = { ...progress, opNumber: progress.opNumber + 1, hasUnsynced };
  gate.applied();
}

test('freezing now closes at once and tells when and after which op', () => {
  mutate();
  gate.freeze({ at: 'now' }, note);
  expect(gate.state()).toBe('held');
  expect(outcomes).toEqual([{ frozenMs: 101, opNumber: 1 }]);
});

test('a trigger lets afterOps mutations pass and closes after the next that leaves something un-synced', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 2, withinMs: 1000 }, note);
  mutate();
  mutate();
  expect(gate.state()).toBe('open');
  mutate();
  expect(gate.state()).toBe('held');
  expect(outcomes).toEqual([{ frozenMs: 103, opNumber: 3 }]);
});

test('a barrier does not pull the trigger, even while something is un-synced', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 0, withinMs: 1000 }, note);
  barrier(true);
  expect(gate.state()).toBe('open');
  mutate();
  expect(gate.state()).toBe('held');
});

test('a mutation that is durable at once does not pull the trigger', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 0, withinMs: 1000 }, note);
  progress = { opNumber: 1, mutations: 1, hasUnsynced: false };
  gate.applied();
  expect(gate.state()).toBe('open');
});

test('a trigger that has waited for long closes at the next op that leaves something un-synced', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 100, withinMs: 1000 }, note);
  mutate();
  gate.freezeSoon();
  expect(gate.state()).toBe('open');
  barrier(false);
  expect(gate.state()).toBe('open');
  mutate();
  expect(gate.state()).toBe('held');
});

test('one with the edge "before" does so when the next request finds something un-synced', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 100, withinMs: 1000, edge: 'before' }, note);
  mutate();
  barrier(false);
  gate.freezeSoon();
  expect(gate.state()).toBe('open');
  mutate();
  expect(gate.state()).toBe('held');
});

test('a gate without a trigger is in no hurry', () => {
  mutate();
  gate.freezeSoon();
  expect(gate.state()).toBe('open');
});

test('an overdue trigger closes anyway, once', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 5, withinMs: 10 }, note);
  gate.freezeOverdue();
  gate.thaw();
  gate.freezeOverdue();
  expect(gate.state()).toBe('open');
  expect(outcomes).toHaveLength(1);
});

test('freezing now overtakes a waiting trigger: both hear the same instant', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 5, withinMs: 1000 }, note);
  gate.freeze({ at: 'now' }, note);
  expect(outcomes).toEqual([
    { frozenMs: 100, opNumber: 0 },
    { frozenMs: 100, opNumber: 0 },
  ]);
});

test('freezing a frozen disk tells the first instant again', () => {
  gate.freeze({ at: 'now' }, note);
  progress = { ...progress, opNumber: 9 };
  gate.freeze({ at: 'now' }, note);
  expect(outcomes[1]).toEqual(outcomes[0]);
});

test('failing and the end of the session abandon a waiting trigger', () => {
  gate.freeze({ at: 'unsynced-op', afterOps: 5, withinMs: 1000 }, note);
  gate.fail();
  expect(gate.state()).toBe('failing');
  gate.reset();
  gate.freeze({ at: 'unsynced-op', afterOps: 5, withinMs: 1000 }, note);
  gate.reset();
  expect(outcomes.map(String)).toEqual([
    'Error: the disk was failed before it froze',
    'Error: the disk was unmounted before it froze',
  ]);
});

test('only a frozen disk thaws', () => {
  expect(() => {
    gate.thaw();
  }).toThrow('not frozen');
  gate.freeze({ at: 'now' }, note);
  gate.fail();
  expect(() => {
    gate.thaw();
  }).toThrow('failing');
});
