/** What holds for every profile on any program: the ways to choose, to enumerate and to recognise images agree. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { choose, type Selection } from '../disk/persistence/choose.ts';
import { hashKey } from '../disk/persistence/hash.ts';
import type { ImageChoice } from '../disk/persistence/image-choice.ts';
import { ImageHasher } from '../disk/persistence/image-hash.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { countChoices, images } from '../disk/persistence/images.ts';
import { isLegal } from '../disk/persistence/membership.ts';
import type { CrashSpace, PersistenceProfile } from '../disk/persistence/profile.ts';
import type { Tree } from '../disk/persistence/tree.ts';
import { LegalOutcomes } from './legal.ts';
import { printProgram } from './print.ts';
import { arbitraryProgram } from './testing/arbitrary-program.ts';
import { outcomeOf } from './tree-outcome.ts';

const all = [...persistenceProfiles.values()];
const strict = persistenceProfiles.get('strict')!;
const real = all.filter(({ name }) => name !== 'strict' && name !== 'lazyfs');

function built(space: CrashSpace, choice: ImageChoice): Tree {
  return buildTree(space.history, choice);
}

function chosen(profile: PersistenceProfile, space: CrashSpace, selection: Selection): ImageChoice {
  const result = choose(profile, space, selection);
  if (!result.ok) throw new Error(`${selection.kind} was refused by ${result.refusal.rule.id}`);
  return result.choice;
}

function recognises(space: CrashSpace, tree: Tree): boolean {
  return isLegal(space, { ...tree, modes: true, xattrs: true });
}

describe.each(all)('$name', (profile) => {
  test('contains lose-all, keep-all and every random image', () => {
    fc.assert(
      fc.property(arbitraryProgram(10), fc.nat(), fc.nat(10), (program, seed, done) => {
        const end = program.run.length;
        const space = new LegalOutcomes(program).space(profile, Math.min(done, end), end);
        for (const selection of [
          { kind: 'lose-all' },
          { kind: 'keep-all' },
          { kind: 'random', seed },
        ] satisfies Selection[]) {
          const tree = built(space, chosen(profile, space, selection));
          if (!recognises(space, tree)) {
            expect.fail(`${selection.kind} is not recognised: ${outcomeOf(tree)}\n${printProgram(program)}`);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('enumerates every random image, each once', () => {
    fc.assert(
      fc.property(arbitraryProgram(4), fc.array(fc.nat(), { maxLength: 5 }), (program, seeds) => {
        const space = new LegalOutcomes(program).space(profile);
        fc.pre(countChoices(space) <= 3000n);
        const found = new Set<string>();
        const hashes = new Set<string>();
        for (const { choice, hash } of images(space)) {
          hashes.add(hash);
          found.add(outcomeOf(built(space, choice)));
        }
        expect(found.size).toBe(hashes.size);
        for (const seed of seeds) {
          const tree = built(space, chosen(profile, space, { kind: 'random', seed }));
          if (!found.has(outcomeOf(tree)))
            expect.fail(`not enumerated: ${outcomeOf(tree)}\n${printProgram(program)}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('hashes what it would build', () => {
    fc.assert(
      fc.property(arbitraryProgram(10), fc.tuple(fc.nat(), fc.nat()), (program, seeds) => {
        const space = new LegalOutcomes(program).space(profile);
        const hasher = new ImageHasher(space.history);
        const [first, second] = seeds.map((seed) => {
          const choice = chosen(profile, space, { kind: 'random', seed });
          return { hash: hashKey(hasher.hash(choice)), outcome: outcomeOf(built(space, choice)) };
        });
        expect(first!.hash === second!.hash).toBe(first!.outcome === second!.outcome);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(real)('strict contains $name', (profile) => {
  test('on any program', () => {
    fc.assert(
      fc.property(
        arbitraryProgram(10),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (program, seeds) => {
          const legal = new LegalOutcomes(program);
          const space = legal.space(profile);
          const strictSpace = legal.space(strict);
          const selections: Selection[] = seeds.map((seed) => ({ kind: 'random', seed }));
          for (const selection of [{ kind: 'lose-all' } as const, ...selections]) {
            const tree = built(space, chosen(profile, space, selection));
            if (!recognises(strictSpace, tree)) {
              expect.fail(`strict lacks ${outcomeOf(tree)}\n${printProgram(program)}`);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
