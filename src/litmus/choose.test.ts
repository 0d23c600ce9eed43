/**
 * The ways to choose an image, as specifications: what each profile makes of a wish, and by which rule it refuses one. Profiles
 * that answer alike stand in one line.
 */
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import type { Selection } from '../disk/persistence/choose.ts';
import type { Program } from './program.ts';
import { opsOf, programOf, selected } from './testing/selected.ts';

/** Answer → the profiles that give it. */
function answers(program: Program, selection: Selection): Record<string, string> {
  const byAnswer: Record<string, string[]> = {};
  for (const profile of persistenceProfiles.values())
    (byAnswer[selected(profile, program, selection)] ??= []).push(profile.name);
  return Object.fromEntries(Object.entries(byAnswer).map(([answer, names]) => [answer, names.join(' ')]));
}

const lastOf = (program: Program, statement: number) => Math.max(...opsOf(program, statement));
const all = 'strict ext4 xfs btrfs lazyfs';

describe('prefix', () => {
  const until = (program: Program, statement: number): Selection => ({
    kind: 'prefix',
    op: lastOf(program, statement),
  });

  test('keeps the ops up to a position, and none after it', () => {
    const program = programOf('create a "1"; create b "2"');
    expect(answers(program, until(program, 0))).toEqual({
      'a="1"': 'strict ext4 xfs btrfs',
      'refused: create cannot be dropped, by lazyfs.names': 'lazyfs',
    });
  });

  test('can end inside of a statement: a file that was made and not yet written', () => {
    const program = programOf('create a A*8192');
    expect(answers(program, { kind: 'prefix', op: 1 })).toEqual({ 'a=""': all });
  });

  test('tells two writes of one place apart', () => {
    const program = programOf('write a 0 "new"; write a 0 "xyz"', 'create a "old"');
    expect(answers(program, until(program, 0))).toEqual({ 'a="new"': all });
  });

  test('is refused where a barrier forces what comes later', () => {
    const program = programOf('create a "1"; create b "2"; fsync b; fsync .');
    expect(answers(program, until(program, 0))).toEqual({
      'refused: create cannot be dropped, by strict.names': 'strict',
      'refused: create cannot be dropped, by ext4.commit-order': 'ext4',
      'refused: create cannot be dropped, by xfs.log-order': 'xfs',
      'refused: create cannot be dropped, by btrfs.transaction': 'btrfs',
      'refused: create cannot be dropped, by lazyfs.names': 'lazyfs',
    });
  });
});

describe('drop', () => {
  const drop = (program: Program, statement: number): Selection => ({
    kind: 'drop',
    ops: opsOf(program, statement),
  });

  test('of an earlier name needs a file system that does not keep names in order', () => {
    const program = programOf('rename a c; rename b d', 'create a "1"; create b "2"');
    expect(answers(program, drop(program, 0))).toEqual({
      'a="1" d="2"': 'strict',
      'refused: rename cannot be kept, by ext4.commit-order': 'ext4',
      'refused: rename cannot be kept, by xfs.log-order': 'xfs',
      'refused: rename cannot be kept, by btrfs.transaction': 'btrfs',
      'refused: rename cannot be dropped, by lazyfs.names': 'lazyfs',
    });
  });

  test('of the last name is legal wherever names are volatile', () => {
    const program = programOf('rename a c; rename b d', 'create a "1"; create b "2"');
    expect(answers(program, drop(program, 1))).toEqual({
      'b="2" c="1"': 'strict ext4 xfs btrfs',
      'refused: rename cannot be dropped, by lazyfs.names': 'lazyfs',
    });
  });

  test('of one page of two: pages come in any order', () => {
    const program = programOf('write a 0 n*4096; write a 4096 n*4096', 'create a o*8192');
    expect(answers(program, drop(program, 0))).toEqual({ 'a=o*4096+n*4096': all });
  });

  test('of the bytes of a file that was renamed over another: NULs on ext4, nothing elsewhere', () => {
    const program = programOf('create tmp "new"; rename tmp t', 'create t "old"');
    const write = 2;
    expect(answers(program, { kind: 'drop', ops: new Set([write]) })).toEqual({
      't=""': 'strict xfs btrfs lazyfs',
      't="\\0\\0\\0"': 'ext4',
    });
  });

  test('of a mode, and a later write of the same file kept: one step on btrfs alone', () => {
    const program = programOf('chmod a 0600; write a 0 "n"', 'create a "o"');
    expect(answers(program, drop(program, 0))).toEqual({
      'a="n":0644': 'strict ext4 xfs',
      'refused: write cannot be kept, by btrfs.size-after-data': 'btrfs',
      'refused: setattr cannot be dropped, by lazyfs.names': 'lazyfs',
    });
  });

  test('is refused of what its own fsync made sure of', () => {
    const program = programOf('write a 0 "new"; fsync a', 'create a "old"');
    expect(answers(program, drop(program, 0))).toEqual({
      'refused: write cannot be dropped, by strict.data': 'strict',
      'refused: write cannot be dropped, by ext4.write-back': 'ext4',
      'refused: write cannot be dropped, by xfs.write-back': 'xfs',
      'refused: write cannot be dropped, by btrfs.size-after-data': 'btrfs',
      'refused: write cannot be dropped, by lazyfs.data': 'lazyfs',
    });
  });

  test('is granted of what later writes left nothing to see of', () => {
    const program = programOf('write a 0 "new"; write a 0 "xyz"; fsync a', 'create a "old"');
    expect(answers(program, drop(program, 0))).toEqual({ 'a="xyz"': all });
  });
});

describe('keep', () => {
  const keep = (program: Program, statement: number): Selection => ({
    kind: 'keep',
    ops: opsOf(program, statement),
  });

  test('keeps what is promised too, and nothing else', () => {
    const program = programOf('create a "1"; create b "2"; create c "3"; fsync a', '');
    expect(answers(program, keep(program, 1))).toEqual({
      // fsync of a file promises no name of it.
      'b="2"': 'strict',
      'a="1" b="2"': 'ext4 xfs btrfs',
      'a="1" b="2" c=""': 'lazyfs',
    });
  });

  test('of a rename alone: not where it stands on a creation that comes before it', () => {
    const program = programOf('create tmp "new"; rename tmp t', 'create t "old"');
    expect(answers(program, keep(program, 1))).toEqual({
      't=""': 'strict lazyfs',
      'refused: rename cannot be kept, by ext4.commit-order': 'ext4',
      'refused: rename cannot be kept, by xfs.log-order': 'xfs',
      'refused: rename cannot be kept, by btrfs.transaction': 'btrfs',
    });
  });

  test('of nothing is lose-all', () => {
    const program = programOf('rename a b; write b 0 "new"; create c "x"; fsync c', 'create a "old"');
    for (const profile of persistenceProfiles.values()) {
      expect(selected(profile, program, { kind: 'keep', ops: new Set() })).toBe(
        selected(profile, program, { kind: 'lose-all' }),
      );
    }
  });
});

describe('torn', () => {
  const torn = (op: number, ...sectors: number[]): Selection => ({
    kind: 'torn',
    op,
    sectors: new Set(sectors),
  });

  test('keeps only these sectors of a page that is written in place: a prefix, a suffix, holes', () => {
    const program = programOf('write a 0 n*4096', 'create a o*4096');
    const refused = 'refused: write cannot be torn, by btrfs.size-after-data';
    const inPlace = 'strict ext4 xfs lazyfs';
    expect(answers(program, torn(1, 0, 1))).toEqual({ 'a=n*1024+o*3072': inPlace, [refused]: 'btrfs' });
    expect(answers(program, torn(1, 7))).toEqual({ 'a=o*3584+n*512': inPlace, [refused]: 'btrfs' });
    expect(answers(program, torn(1, 0, 2))).toEqual({
      'a=n*512+o*512+n*512+o*2560': inPlace,
      [refused]: 'btrfs',
    });
  });

  test('counts sectors from the first of the write', () => {
    const program = programOf('write a 3584 n*1024', 'create a o*8192');
    expect(answers(program, torn(1, 1))).toMatchObject({ 'a=o*4096+n*512+o*3584': 'strict ext4 xfs lazyfs' });
  });

  test('of an append: NULs where the size does not wait for the data', () => {
    const program = programOf('append a n*4096', 'create a o*4096');
    expect(answers(program, torn(1, 0, 1))).toEqual({
      'a=o*4096+n*1024+\\0*3072': 'strict ext4 lazyfs',
      'refused: write cannot be torn, by xfs.size-after-data': 'xfs',
      'refused: write cannot be torn, by btrfs.size-after-data': 'btrfs',
    });
  });

  test('is refused of a write that was synced, of other ops, and of none', () => {
    const synced = programOf('write a 0 n*4096; fsync a', 'create a o*4096');
    expect(answers(synced, torn(1, 0))).toEqual({
      'refused: write cannot be torn, by strict.data': 'strict',
      'refused: write cannot be torn, by ext4.unwritten-extents': 'ext4',
      'refused: write cannot be torn, by xfs.size-after-data': 'xfs',
      'refused: write cannot be torn, by btrfs.size-after-data': 'btrfs',
      'refused: write cannot be torn, by lazyfs.data': 'lazyfs',
    });
    const renamed = programOf('rename a b', 'create a "x"');
    expect(answers(renamed, torn(1, 0))).toMatchObject({
      'refused: rename cannot be torn, by strict.rename': 'strict',
      'refused: rename cannot be torn, by ext4.commit-order': 'ext4',
    });
    expect(answers(renamed, torn(9, 0))).toMatchObject({
      'refused: no op cannot be torn, by strict.names': 'strict',
    });
  });
});
