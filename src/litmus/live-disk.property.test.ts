/**
 * Two implementations of the same rules, made apart: the disk that programs use keeps a volatile and a durable face and moves what
 * barriers cover; the engine reads a log. What nothing but promises leaves must be the same, and legal in any case.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choose } from '../disk/persistence/choose.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { profiles } from '../disk/profiles/catalogue.ts';
import { LegalOutcomes } from './legal.ts';
import { printProgram } from './print.ts';
import type { Program } from './program.ts';
import { arbitraryProgram } from './testing/arbitrary-program.ts';
import { liveLoseAll } from './testing/live-disk.ts';
import { outcomeOf } from './tree-outcome.ts';
import { parseOutcome } from './found-tree.ts';
import { isLegal } from '../disk/persistence/membership.ts';

const everything = { modes: true, xattrs: true };

function engineLoseAll(program: Program, name: string): string {
  const profile = persistenceProfiles.get(name)!;
  const space = new LegalOutcomes(program).space(profile);
  const chosen = choose(profile, space, { kind: 'lose-all' });
  return chosen.ok ? outcomeOf(buildTree(space.history, chosen.choice)) : chosen.refusal.rule.id;
}

/**
 * Where names are renamed more than once between barriers, either may keep the file at another of its names: the disk knows only
 * where it is, the engine where it was.
 */
function movesOnce({ run }: Program): boolean {
  const touched = run.flatMap((each) =>
    each.op === 'rename' || each.op === 'exchange' ? [each.from, each.to] : [],
  );
  const isDirectory = (path: string) => path.endsWith('d') || path.endsWith('e') || path.endsWith('s');
  return new Set(touched).size === touched.length && !touched.some(isDirectory);
}

describe.each(['strict', 'lazyfs'])('%s', (name) => {
  test('lose-all of the disk is an image of the engine', () => {
    fc.assert(
      fc.property(arbitraryProgram(12), (program) => {
        const live = liveLoseAll(program, profiles.get(name)!);
        const space = new LegalOutcomes(program).space(persistenceProfiles.get(name)!);
        if (!isLegal(space, parseOutcome(live, everything))) {
          expect.fail(
            `the engine lacks ${live}, has ${engineLoseAll(program, name)}\n${printProgram(program)}`,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test('lose-all is the same where no name moves twice', () => {
    fc.assert(
      fc.property(arbitraryProgram(8), (program) => {
        fc.pre(movesOnce(program));
        const live = liveLoseAll(program, profiles.get(name)!);
        const engine = engineLoseAll(program, name);
        if (live !== engine) expect.fail(`disk ${live}, engine ${engine}\n${printProgram(program)}`);
      }),
      { numRuns: 500 },
    );
  });
});
