/**
 * The disk that programs use, with its recorder, beside the engine on the whole log. The recorder takes out of its log what barriers
 * covered; what may be left after a cut must be the same all the same, under every profile, and never more. `POWERCUT_DISK_RUNS=20000` makes it
 * thorough.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Disk } from '../disk/disk.ts';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { nothingChosen } from '../disk/persistence/image-choice.ts';
import { countChoices, images } from '../disk/persistence/images.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { isLegal } from '../disk/persistence/membership.ts';
import type { CrashSpace, PersistenceProfile } from '../disk/persistence/profile.ts';
import type { NumberedSelection } from '../disk/recording/chosen-cut.ts';
import { PathDisk } from '../disk/testing/path-disk.ts';
import { parseOutcome } from './found-tree.ts';
import { LegalOutcomes } from './legal.ts';
import { printProgram } from './print.ts';
import type { Program } from './program.ts';
import { arbitraryProgram } from './testing/arbitrary-program.ts';
import { liveOutcome, liveRun } from './testing/live-disk.ts';
import { outcomeOf } from './tree-outcome.ts';

const everything = { modes: true, xattrs: true };
const runs = Number(process.env['POWERCUT_DISK_RUNS'] ?? 150);
const timeoutMs = 60_000 + runs * 500;
const enoughChoices = 2000n;

/** As on a mount where the kernel remembers whatever programs have seen; and each look at it folds the log. */
function recorded(program: Program): Disk {
  const remembered = new Set<number>();
  const { disk } = liveRun(program, PathDisk.create({ records: true }), (live) => {
    for (let ino = 1; ino < 100; ino++) {
      if (remembered.has(ino) || live.inode(ino) === undefined) continue;
      live.remember(ino);
      remembered.add(ino);
    }
    spaceOf(live, 'strict');
  });
  return disk;
}

function spaceOf(disk: Disk, name: string): CrashSpace {
  const space = disk.crashSpace(persistenceProfiles.get(name)!);
  if ('refused' in space) throw new Error(space.refused);
  return space;
}

function outcomesOf(space: CrashSpace): Set<string> {
  return new Set([...images(space)].map(({ choice }) => outcomeOf(buildTree(space.history, choice))));
}

function cutOf(disk: Disk, profile: PersistenceProfile, selection: NumberedSelection): string {
  const cut = disk.cut(profile, selection);
  if ('refused' in cut) throw new Error(cut.refused);
  const outcome = liveOutcome(cut.image);
  cut.image.release();
  return outcome;
}

/** Without a barrier after the setup. */
const unsynced = arbitraryProgram(12).map((program) => ({
  ...program,
  run: program.run.filter(({ op }) => op !== 'fsync' && op !== 'fdatasync'),
}));

describe.each([...persistenceProfiles.keys()])('%s', (name) => {
  const profile = persistenceProfiles.get(name)!;

  test('a log without what barriers covered allows the same images', { timeout: timeoutMs }, () => {
    let count = 0;
    let narrower = 0;
    fc.assert(
      fc.property(arbitraryProgram(10), (program) => {
        const space = new LegalOutcomes(program).space(profile);
        fc.pre(countChoices(space) < enoughChoices);
        const whole = outcomesOf(space);
        const folded = outcomesOf(spaceOf(recorded(program), name));
        const lacking = [...whole].filter((each) => !folded.has(each));
        const more = [...folded].filter((each) => !whole.has(each));
        if (more.length > 0) expect.fail(`has ${more.slice(0, 2).join('; ')}\n${printProgram(program)}`);
        count++;
        if (lacking.length > 0) narrower++;
      }),
      { numRuns: runs },
    );
    // Old bytes that come back past an end that was synced are of the base no more.
    expect(narrower / count, 'programs of which some image is missing').toBeLessThan(0.01);
  });

  test('an image of the disk is one that the engine allows', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(arbitraryProgram(12), fc.nat(), (program, seed) => {
        const outcome = cutOf(recorded(program), profile, { kind: 'random', seed });
        const space = new LegalOutcomes(program).space(profile);
        if (!isLegal(space, parseOutcome(outcome, everything)))
          expect.fail(`not allowed: ${outcome}\n${printProgram(program)}`);
      }),
      { numRuns: runs },
    );
  });

  test('what is left of losing all is the oldest image of the engine', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryProgram(10), unsynced), (program) => {
        const disk = recorded(program);
        const space = spaceOf(disk, name);
        const oldest = buildTree(space.history, { frame: space.oldest, rest: 'oldest', ...nothingChosen });
        expect(cutOf(disk, profile, { kind: 'lose-all' }), printProgram(program)).toBe(outcomeOf(oldest));
      }),
      { numRuns: runs },
    );
  });
});
