/** What the set checker lets go, by what a target promises. */
import { describe, expect, test } from 'vitest';
import { check, found } from './testing/checked-set.ts';
import { contract, Script } from './testing/script.ts';

const windowOf = (lossWindowMs: number) => contract({ acknowledged: { lossWindowMs }, order: 'prefix' });
const lastOps = (lossLastOps: number) => contract({ acknowledged: { lossLastOps }, order: 'prefix' });

describe('contract: a window of loss', () => {
  const script = () => new Script().at(100).add(0).at(500).add(1).at(900).add(2).at(1000).cut();

  test('what was acknowledged within it may go', () => {
    expect(check(script().finalRead([0, 1]), windowOf(200))).toMatchObject({
      valid: true,
      lost: 1,
      lostWithinWindow: 1,
      worstLostAgeMs: 90,
    });
  });

  test('what was acknowledged before it may not', () => {
    expect(found(script().finalRead([0]), windowOf(200))).toEqual(['lost-write in boot 2: 1']);
    expect(check(script().finalRead([0]), windowOf(200))).toMatchObject({ lost: 2, lostWithinWindow: 1 });
    expect(check(script().finalRead([0]), windowOf(200)).violations[0]!.message).toContain(
      'where only the last 200 ms may go',
    );
  });

  test('an ordered target may lose a tail only', () => {
    expect(found(script().finalRead([0, 2]), windowOf(1000))).toEqual(['lost-write in boot 2: 1']);
    expect(check(script().finalRead([0, 2]), windowOf(1000)).violations[0]!.message).toContain(
      'no lost tail, for the add of 2',
    );
  });

  test('an unordered target may lose any of them', () => {
    const unordered = contract({ acknowledged: { lossWindowMs: 1000 }, order: 'any' });
    expect(check(script().finalRead([0, 2]), unordered).valid).toBe(true);
  });

  test('adds that ran at the same time have no order', () => {
    const concurrent = new Script()
      .invoke(1, 'add', 1)
      .invoke(2, 'add', 2)
      .complete(1, 'ok')
      .complete(2, 'ok')
      .cut()
      .finalRead([2]);
    expect(check(concurrent, windowOf(1000)).valid).toBe(true);
  });

  test('an indeterminate add that survived is a survivor, too', () => {
    const hole = new Script().adds(0, 1).add(2, 'info').cut().finalRead([0, 2]);
    expect(found(hole, windowOf(1000))).toEqual(['lost-write in boot 2: 1']);
  });

  test('an add of the boot after the loss is no survivor', () => {
    const later = new Script().adds(0, 1).cut().finalRead([0]).add(2).finalRead([0, 2]);
    expect(check(later, windowOf(1000)).valid).toBe(true);
  });

  test('does not cover a kill', () => {
    const killed = new Script().adds(0, 1).interrupt('kill').finalRead([0]);
    expect(found(killed, windowOf(1000))).toEqual(['lost-write in boot 2: 1']);
    const died = new Script().adds(0, 1).interrupt('died').finalRead([0]);
    expect(found(died, windowOf(1000))).toEqual(['lost-write in boot 2: 1']);
  });

  test('covers a kill where the contract says so, and a clean stop never', () => {
    const memory = contract({
      acknowledged: { lossWindowMs: 1000 },
      kill: { acknowledged: { lossWindowMs: 1000 }, order: 'prefix' },
    });
    expect(check(new Script().adds(0, 1).interrupt('kill').finalRead([0]), memory).valid).toBe(true);
    expect(check(new Script().adds(0, 1).interrupt('stop').finalRead([0]), memory).valid).toBe(false);
  });

  test('ends exactly where it says', () => {
    const acknowledged90msBefore = () => new Script().at(900).add(0).at(1000).cut().finalRead([]);
    expect(check(acknowledged90msBefore(), windowOf(90)).valid).toBe(true);
    expect(check(acknowledged90msBefore(), windowOf(89)).valid).toBe(false);
  });

  test('after boots that nobody read, any of the interruptions may have been the one', () => {
    const unread = new Script().adds(0, 1).cut().at(60_000).cut().finalRead([0]);
    expect(check(unread, windowOf(200)).valid).toBe(true);
    const killedLater = new Script().adds(0, 1).cut().at(60_000).interrupt('kill').finalRead([0]);
    expect(check(killedLater, windowOf(200)).valid).toBe(true);
    const killedTwice = new Script().adds(0, 1).interrupt('kill').interrupt('kill').finalRead([0]);
    expect(check(killedTwice, windowOf(200)).valid).toBe(false);
  });
});

describe('contract: the last so many', () => {
  test('may go', () => {
    expect(check(new Script().adds(0, 1, 2).cut().finalRead([0, 1]), lastOps(1)).valid).toBe(true);
    expect(check(new Script().adds(0, 1, 2).cut().finalRead([0]), lastOps(2)).valid).toBe(true);
  });

  test('are the last of all boots, not of the last one', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0, 1]).cut().finalRead([0]);
    expect(check(script, lastOps(1)).valid).toBe(true);
    const later = new Script().adds(0, 1).cut().finalRead([0, 1]).add(2).cut().finalRead([0, 2]);
    expect(check(later, lastOps(1)).valid).toBe(false);
  });

  test('earlier ones may not', () => {
    expect(found(new Script().adds(0, 1, 2).cut().finalRead([0]), lastOps(1))).toEqual([
      'lost-write in boot 2: 1',
    ]);
  });

  test('of adds that ran at the same time any may have been the last, but not all', () => {
    const concurrent = () =>
      new Script().add(0).invoke(1, 'add', 1).invoke(2, 'add', 2).complete(1, 'ok').complete(2, 'ok').cut();
    expect(check(concurrent().finalRead([0, 1]), lastOps(1)).valid).toBe(true);
    expect(check(concurrent().finalRead([0, 2]), lastOps(1)).valid).toBe(true);
    expect(found(concurrent().finalRead([0]), lastOps(1))).toEqual(['lost-write in boot 2: 1']);
  });
});

describe('contract: nothing acknowledged is promised', () => {
  const nothing = contract({ acknowledged: 'any', order: 'any' });

  test('losses are only counted', () => {
    const script = new Script().adds(0, 1, 2).cut().finalRead([]);
    expect(check(script, nothing)).toMatchObject({ valid: true, lost: 3, lostWithinWindow: 3 });
  });

  test('phantoms and duplicates still count', () => {
    expect(check(new Script().add(0).cut().finalRead([0, 0]), nothing).valid).toBe(false);
    expect(check(new Script().add(0).cut().finalRead([5]), nothing).valid).toBe(false);
  });
});
