/** What holds for every way to choose an image, on any program: what is chosen is legal, what is refused is out of reach. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { choose, type Selection } from '../disk/persistence/choose.ts';
import { fatesOf } from '../disk/persistence/fates.ts';
import type { ImageChoice } from '../disk/persistence/image-choice.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { countChoices, images } from '../disk/persistence/images.ts';
import { isLegal } from '../disk/persistence/membership.ts';
import type { CrashSpace, PersistenceProfile } from '../disk/persistence/profile.ts';
import { LegalOutcomes } from './legal.ts';
import { printProgram } from './print.ts';
import type { Program } from './program.ts';
import { arbitraryProgram } from './testing/arbitrary-program.ts';
import { outcomeOf } from './tree-outcome.ts';

const positions = fc.array(fc.nat(12), { maxLength: 12 }).map((ops) => new Set(ops.map((op) => op + 1)));

const prefix = fc.nat(12).map((op) => ({ kind: 'prefix', op }) as const);
const listed = fc
  .tuple(fc.constantFrom('drop' as const, 'keep' as const), positions)
  .map(([kind, ops]) => ({ kind, ops }));
const torn = fc
  .tuple(fc.nat(12), fc.uniqueArray(fc.nat(8)))
  .map(([op, sectors]) => ({ kind: 'torn', op: op + 1, sectors: new Set(sectors) }) as const);

function describeCase(program: Program, chosen: Selection): string {
  const ops = 'ops' in chosen ? [...chosen.ops].join() : 'op' in chosen ? chosen.op : '';
  return `${chosen.kind} ${ops}\n${printProgram(program)}`;
}

function promisedOps(profile: PersistenceProfile, space: CrashSpace): ReadonlySet<number> {
  const lost = choose(profile, space, { kind: 'lose-all' });
  const fates = lost.ok ? fatesOf(profile, space.history, lost.choice) : [];
  return new Set(fates.filter(({ fate }) => fate !== 'dropped').map(({ op }) => op));
}

/** True for an image in which each op fares exactly as it was asked to; of a torn write nothing is said here. */
function isAsAsked(
  profile: PersistenceProfile,
  space: CrashSpace,
  choice: ImageChoice,
  asked: Extract<Selection, { readonly kind: 'prefix' | 'drop' | 'keep' }>,
): boolean {
  const promised = asked.kind === 'keep' ? promisedOps(profile, space) : new Set<number>();
  return fatesOf(profile, space.history, choice).every(({ op, fate }) => {
    const isKept =
      asked.kind === 'prefix'
        ? op <= asked.op
        : asked.kind === 'keep'
          ? asked.ops.has(op)
          : !asked.ops.has(op);
    return isKept ? fate === 'survived' : fate === 'dropped' || promised.has(op);
  });
}

describe.each([...persistenceProfiles.values()])('$name', (profile) => {
  test('allows whatever was chosen', () => {
    fc.assert(
      fc.property(arbitraryProgram(10), fc.oneof(prefix, listed, torn), (program, asked) => {
        const space = new LegalOutcomes(program).space(profile);
        const chosen = choose(profile, space, asked);
        if (!chosen.ok) return;
        const tree = buildTree(space.history, chosen.choice);
        if (!isLegal(space, { ...tree, modes: true, xattrs: true }))
          expect.fail(`not legal: ${outcomeOf(tree)}\n${describeCase(program, asked)}`);
      }),
      { numRuns: 300 },
    );
  });

  test('has no image of what was refused', () => {
    fc.assert(
      fc.property(arbitraryProgram(4), fc.oneof(prefix, listed), (program, asked) => {
        const space = new LegalOutcomes(program).space(profile);
        if (countChoices(space) > 500n) return;
        const chosen = choose(profile, space, asked);
        if (chosen.ok) return;
        for (const { choice } of images(space)) {
          if (isAsAsked(profile, space, choice, asked))
            expect.fail(
              `refused, but there is ${outcomeOf(buildTree(space.history, choice))}\n${describeCase(program, asked)}`,
            );
        }
      }),
      { numRuns: 100 },
    );
  });
});
