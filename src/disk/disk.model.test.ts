/**
 * The disk against a naive model, with random programs, barriers, cuts and forks. `POWERCUT_DISK_RUNS=20000` makes it
 * thorough; a failure prints the seed and path that repeat it (`POWERCUT_DISK_SEED`, `POWERCUT_DISK_PATH`).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageStore, pageSizeBytes } from './page-store.ts';
import { profiles } from './profiles/catalogue.ts';
import type { Profile } from './profiles/profile.ts';
import { strict } from './profiles/strict.ts';
import { dataStories, nameStories, sequences, type Command } from './testing/commands.ts';
import { expectLossExplains, expectSame } from './testing/compare.ts';
import { expectSettled, expectSound } from './testing/invariants.ts';
import { MemorySpill } from './testing/memory-spill.ts';
import { Pair } from './testing/pair.ts';

const runs = Number(process.env['POWERCUT_DISK_RUNS'] ?? 150);
const seed = process.env['POWERCUT_DISK_SEED'];
const path = process.env['POWERCUT_DISK_PATH'];
const settings = {
  numRuns: runs,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(path === undefined ? {} : { path, endOnFailure: true }),
};
const timeoutMs = 60_000 + runs * 500;
const maxPairs = 4;
const cut: Command = { op: 'cut', choice: 'lose-all', goOn: false };

function play(profile: Profile, commands: readonly Command[], store?: PageStore): void {
  const pairs = [Pair.create(profile, undefined, store)];
  let current = pairs[0]!;
  let lastIno = 1;
  const replaceCurrent = (pair: Pair) => {
    pairs.splice(pairs.indexOf(current), 1, pair);
    current.disk.release();
    current = pair;
  };
  for (const command of commands) {
    const what = `after ${JSON.stringify(command)}`;
    current.run(command);
    lastIno = Math.max(lastIno, current.model.lastIno);
    expectSame(current, what);
    expectSound(current.disk, lastIno);
    if (command.op === 'fork' && pairs.length < maxPairs) pairs.push(current.fork());
    if (command.op === 'switch') current = pairs[command.disk % pairs.length]!;
    if (command.op === 'cut') {
      expectLossExplains(current);
      const image = current.image(command.choice);
      expectSame(image, `in the image ${what}`);
      expectSettled(image.disk, lastIno);
      expectSame(current, `in the origin ${what}`);
      if (command.goOn) replaceCurrent(image);
      else image.disk.release();
    }
  }
  for (const pair of pairs) {
    expectSame(pair, 'at the end');
    expectSound(pair.disk, lastIno);
    expectLossExplains(pair);
    const image = pair.image('lose-all');
    expectSame(image, 'in the last image');
    expectSettled(image.disk, lastIno);
    image.disk.release();
  }
  for (const pair of pairs) pair.disk.release();
  expect(current.disk.stats().pageBytes, 'pages that nobody gave back').toBe(0);
}

test.each([...profiles.values()])(
  '$name: does what the model does, whatever programs do',
  { timeout: timeoutMs },
  (profile) => {
    fc.assert(
      fc.property(sequences, (commands) => play(profile, commands)),
      settings,
    );
  },
);

test(
  'does so in a memory of one page, with the rest in a spill that is empty again at the end',
  { timeout: timeoutMs },
  () => {
    let spilledTimes = 0;
    fc.assert(
      fc.property(fc.oneof(dataStories, sequences), (commands) => {
        const spill = new MemorySpill();
        const store = new PageStore(2 ** 26, { memoryBytes: pageSizeBytes, spill });
        play(strict, commands, store);
        expect(store.residentBytes, 'blocks that nobody gave back').toBe(0);
        expect(store.spilledBytes, 'slots that nobody gave back').toBe(0);
        expect(spill.slots.size, 'slots that were not cleared').toBe(0);
        spilledTimes += spill.clears;
      }),
      settings,
    );
    if (path === undefined) expect(spilledTimes, 'spilled at all').toBeGreaterThan(runs / 10);
  },
);

test('strict: names are durable as the model has them, after every barrier', { timeout: timeoutMs }, () => {
  fc.assert(
    fc.property(nameStories, (commands) => {
      const cutAfterBarriers = commands.flatMap((command): Command[] =>
        command.op === 'fsync-dir' ? [command, cut] : [command],
      );
      play(strict, cutAfterBarriers);
    }),
    settings,
  );
});
