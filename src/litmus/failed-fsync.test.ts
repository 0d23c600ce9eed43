/**
 * What a failed fsync leaves, as specifications: it reports once, promises nothing, and marks the pages clean all the same, so that
 * one that succeeds later does not write them (Rebello et al., "Can Applications Recover from fsync Failures?", ATC '20; measured
 * in the fsyncgate discussion of 2018 as well). Whatever is written again afterwards is covered as ever.
 */
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { isBarrier, type CrashLog } from '../disk/persistence/crash-log.ts';
import { History } from '../disk/persistence/history.ts';
import { buildTree } from '../disk/persistence/image-tree.ts';
import { images } from '../disk/persistence/images.ts';
import { logProgram } from './log.ts';
import { attributesTouched } from './program.ts';
import { programOf } from './testing/selected.ts';
import { outcomeOf } from './tree-outcome.ts';

/** The log of a program of which the first fsync failed. */
function failingFirst(log: CrashLog): CrashLog {
  const first = log.ops.findIndex(isBarrier);
  const ops = log.ops.map((op, index) =>
    index === first && (op.kind === 'fsync' || op.kind === 'fdatasync')
      ? { ...op, failed: true as const }
      : op,
  );
  return { ...log, ops };
}

/** All that may be left at the end, by profile; those that agree under one name. */
function left(run: string, setup = ''): Record<string, readonly string[]> {
  const program = programOf(run, setup);
  const log = failingFirst(logProgram(program).log);
  const byOutcomes = new Map<string, { readonly names: string[]; readonly outcomes: readonly string[] }>();
  for (const profile of persistenceProfiles.values()) {
    const end = log.ops.length;
    const space = profile.space(new History(log, { done: end, begun: end }));
    const found = new Set<string>();
    for (const { choice } of images(space))
      found.add(outcomeOf(buildTree(space.history, choice), attributesTouched(program)));
    const outcomes = [...found].sort();
    const known = byOutcomes.get(outcomes.join('\n')) ?? { names: [], outcomes };
    known.names.push(profile.name);
    byOutcomes.set(outcomes.join('\n'), known);
  }
  return Object.fromEntries(
    [...byOutcomes.values()].map(({ names, outcomes }) => [names.join(' '), outcomes]),
  );
}

const all = 'strict ext4 xfs btrfs lazyfs';

describe('after a failed fsync', () => {
  test('the page is old or new', () => {
    expect(left('write a 0 "new"; fsync a', 'create a "old"')).toEqual({ [all]: ['a="new"', 'a="old"'] });
  });

  test('another one that succeeds proves nothing of what the first should have written', () => {
    const outcomes = { [all]: ['a="new"', 'a="old"'] };
    expect(left('write a 0 "new"; fsync a; fsync a', 'create a "old"')).toEqual(outcomes);
    expect(left('write a 0 "new"; fdatasync a; fsync a', 'create a "old"')).toEqual(outcomes);
  });

  test('what is written again is covered by the next', () => {
    expect(left('write a 0 "new"; fsync a; write a 0 "new"; fsync a', 'create a "old"')).toEqual({
      [all]: ['a="new"'],
    });
  });

  test('the next covers other pages that were written since, and only those', () => {
    const run = 'write a 0 "n"; fsync a; write a 4096 "n"; fsync a';
    expect(left(run, 'create a o*8192')).toEqual({
      [all]: ['a="n"+o*4095+"n"+o*4095', 'a=o*4096+"n"+o*4095'],
    });
  });

  test('a file that grew may have its old size, and NULs where the size does not wait for the data', () => {
    const run = 'append a "new"; fsync a; fsync a';
    expect(left(run, 'create a "old"')).toEqual({
      'strict ext4 lazyfs': ['a="old"', 'a="old\\0\\0\\0"', 'a="oldnew"'],
      'xfs btrfs': ['a="old"', 'a="oldnew"'],
    });
  });

  test('a new name is promised nowhere but where names are durable at once', () => {
    expect(left('create a "x"; fsync a')).toEqual({
      'strict ext4': ['(empty)', 'a=""', 'a="\\0"', 'a="x"'],
      'xfs btrfs': ['(empty)', 'a=""', 'a="x"'],
      lazyfs: ['a=""', 'a="\\0"', 'a="x"'],
    });
  });

  test('of a directory, its names are promised once another one succeeds: they are no pages', () => {
    expect(left('rename a b; fsync .', 'create a "x"')).toEqual({
      'strict ext4 xfs btrfs': ['a="x"', 'b="x"'],
      lazyfs: ['b="x"'],
    });
    expect(left('rename a b; fsync .; fsync .', 'create a "x"')).toEqual({ [all]: ['b="x"'] });
  });
});
