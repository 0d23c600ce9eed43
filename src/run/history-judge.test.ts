import { expect, test } from 'vitest';
import type { RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import { everything } from '../checkers/testing/script.ts';
import { harmlessFacts } from './cut-facts.ts';
import type { FindingBook, Origin } from './finding-book.ts';
import { HistoryJudge, violationKey } from './history-judge.ts';
import type { Found } from './judge.ts';
import { broken, cut, trace, violation, write } from './testing/cuts.ts';
import { scriptedDisk } from './testing/disks.ts';

const facts: RunFacts = { contract: everything, interruptions: [] };
const own = write(0, 10);

/** A judge whose checkers find what they are told to. */
function scene() {
  const added: { readonly found: Found; readonly origin: Origin }[] = [];
  const violations: Violation[] = [];
  const needles: string[] = [];
  const disk = scriptedDisk({
    trace: ({ needles: asked }) => {
      needles.push(...asked);
      return [trace(0, own)];
    },
  });
  const book: Pick<FindingBook, 'add'> = {
    add: async (found, origin) => void added.push({ found, origin }),
  };
  const judge = new HistoryJudge({
    workload: { check: () => ({ checkers: {}, violations }) },
    history: [],
    findings: book as FindingBook,
    disk,
    needle: (value) => `set-${String(value)}`,
  });
  return { judge, added, violations, needles, disk };
}

test('a violation is proven by the fault before its boot, with what the disk still has of it', async () => {
  const { judge, added, violations, needles } = scene();
  const fault = cut([own], { image: 3 });
  judge.expect(2, fault);
  violations.push(violation());
  await judge.judge(facts, fault);
  expect(needles).toEqual(['set-7']);
  expect(added[0]!.origin).toEqual({ boot: 2, violation: 'lost-write|2|12', fault });
  expect(added[0]!.found.evidence.sentences[0]).toMatch(/written by db\[88\]/);
});

test('each is written down once, however often it is seen and however it grows', async () => {
  const { judge, added, violations } = scene();
  violations.push(violation());
  await judge.judge(facts);
  violations[0] = violation({ message: '2 adds are gone', ops: [broken(), broken({ index: 20 })] });
  violations.push(violation({ boot: 3 }), violation({ class: 'resurrected' }));
  await judge.judge(facts);
  expect(added.map(({ found, origin }) => [found.class, origin.boot])).toEqual([
    ['lost-write', 2],
    ['lost-write', 3],
    ['resurrected', 2],
  ]);
});

test('what shows later than at the first read has the fault, but neither image nor traces', async () => {
  const { judge, added, violations, disk } = scene();
  judge.expect(2, cut([own], { image: 3 }));
  const later = harmlessFacts('kill', 9_000);
  judge.expect(3, later);
  violations.push(violation());
  await judge.judge(facts, later);
  expect(disk.requests).toEqual([]);
  expect(added[0]!.origin.fault).toMatchObject({ number: 1, ops: [own] });
  expect(added[0]!.origin.fault).not.toHaveProperty('image');
});

test('what shows while nothing comes between has no fault', async () => {
  const { judge, added, violations } = scene();
  const fault = cut([own], { image: 3 });
  judge.expect(2, fault);
  violations.push(violation({ duringBoot: true }));
  await judge.judge(facts, fault);
  expect(added[0]!.origin).toEqual({ boot: 2, violation: 'lost-write|2|12' });
});

test('without an op a violation is known by its message, and there is nothing to trace', async () => {
  const { judge, violations, disk } = scene();
  const fault = cut([own], { image: 3 });
  judge.expect(2, fault);
  violations.push(violation({ ops: [] }));
  await judge.judge(facts, fault);
  expect(violationKey(violations[0]!)).toBe('lost-write|2|1 add is gone');
  expect(disk.requests).toEqual([]);
});
