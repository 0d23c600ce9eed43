import { expect, test } from 'vitest';
import { nemeses } from './catalogue.ts';
import type { Circumstances } from './nemesis.ts';
import { seededRandom } from './random.ts';

/** Writes down what a nemesis asks for. */
async function askedBy(name: string): Promise<string[]> {
  const asked: string[] = [];
  const note = (what: string) => async () => void asked.push(what);
  const circumstances: Circumstances = {
    random: seededRandom(1),
    intervalMs: 1_000,
    work: async (durationMs) => void asked.push(`work ${durationMs}`),
    cutPower: note('cut'),
    cutRecovery: note('cut and cut again'),
    kill: note('kill'),
    checkpoint: note('checkpoint'),
    loseUnsynced: note('lose'),
    takeReport: note('report'),
  };
  await nemeses.get(name)!.strike(circumstances);
  return asked;
}

test.each([
  ['power-cut', ['cut'], 'power-loss'],
  ['recovery-cut', ['cut and cut again'], 'power-loss'],
  ['power-glitch', ['checkpoint', 'work 500', 'cut'], 'power-loss'],
  ['lose-unsynced', ['lose'], 'power-loss'],
  ['unsynced-report', ['report'], 'nothing'],
  ['kill', ['kill'], 'kill'],
] as const)('%s does %j, and tests %s', async (name, deeds, tests) => {
  expect(await askedBy(name)).toEqual(deeds);
  expect(nemeses.get(name)?.tests).toBe(tests);
});

test('each is known by its own name', () => {
  for (const [name, nemesis] of nemeses) expect(nemesis.name).toBe(name);
});
