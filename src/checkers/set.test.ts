import { describe, expect, test } from 'vitest';
import { opsPerViolation } from './finding.ts';
import { checkSet } from './set.ts';
import { check, found } from './testing/checked-set.ts';
import { contract, everything, Script } from './testing/script.ts';

describe('the verdict', () => {
  test('is true when every acknowledged element is in the final read', () => {
    const script = new Script().adds(0, 1, 2).cut().finalRead([2, 0, 1]);
    expect(check(script)).toMatchObject({
      valid: true,
      attempted: 3,
      acknowledged: 3,
      ok: 3,
      lost: 0,
      violations: [],
    });
  });

  test('is unknown when nothing was acknowledged', () => {
    expect(check(new Script().add(0, 'info').cut().finalRead([]))).toMatchObject({ valid: 'unknown' });
  });

  test('is unknown when no final read came after an acknowledgement', () => {
    expect(check(new Script().adds(0, 1).cut())).toMatchObject({ valid: 'unknown', neverRead: 2 });
    expect(check(new Script().finalRead([]).adds(0, 1))).toMatchObject({ valid: 'unknown', judged: 0 });
    expect(check(new Script().adds(0, 1).read([0, 1]))).toMatchObject({ valid: 'unknown' });
  });

  test('is unknown for an empty history', () => {
    expect(check(new Script())).toMatchObject({ valid: 'unknown', attempted: 0 });
  });

  test('ignores ops that are neither adds nor reads', () => {
    const script = new Script().add(0).invoke(7, 'ping').complete(7, 'ok', ['x']).finalRead([0]);
    expect(check(script)).toMatchObject({ valid: true });
  });

  test('does not depend on how far apart elements lie', () => {
    const script = new Script().adds(5, 3_000_000_000, -7).cut();
    expect(check(script.finalRead([-7, 3_000_000_000, 6]))).toMatchObject({ ok: 2, lost: 1, phantom: 1 });
  });

  test('does not depend on the order of elements in a read', () => {
    expect(check(new Script().adds(5, 3, 9).finalRead([9, 5, 3])).valid).toBe(true);
  });
});

describe('lost', () => {
  test('an acknowledged element missing from the final read after a cut', () => {
    const script = new Script().adds(0, 1, 2).cut().finalRead([0, 1]);
    expect(check(script)).toMatchObject({ valid: false, ok: 2, lost: 1 });
    expect(found(script)).toEqual(['lost-write in boot 2: 2']);
  });

  test('is reported once, in the boot that first misses it', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0]).cut().finalRead([0]).finalRead([0]);
    expect(found(script)).toEqual(['lost-write in boot 2: 1']);
  });

  test('each boot has its own', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0]).adds(2, 3).cut().finalRead([0, 2]);
    expect(found(script)).toEqual(['lost-write in boot 2: 1', 'lost-write in boot 3: 3']);
  });

  test('names each op with its times, earliest first, and not more than the limit', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    const script = new Script()
      .adds(...values)
      .cut()
      .finalRead([]);
    const [violation] = check(script).violations;
    expect(violation!.ops).toHaveLength(opsPerViolation);
    expect(violation!.ops[0]).toEqual({
      f: 'add',
      value: 0,
      process: 1000,
      invokedMs: 10,
      acknowledgedMs: 20,
      index: 1,
    });
    expect(violation!.timeMs).toBe(2030);
  });

  test('says how many of how many, and when they were acknowledged', () => {
    const script = new Script().adds(0, 1, 2, 3).at(500).cut().finalRead([0]);
    expect(check(script).violations[0]!.message).toBe(
      '3 of 4 adds acknowledged before the power cut at 0.500 s are gone in boot 2: they were acknowledged from ' +
        '0.040 s to 0.080 s, the last 420 ms before.',
    );
    expect(check(script)['worstLostAgeMs']).toBe(460);
  });

  test('an add without a completion promises nothing', () => {
    expect(check(new Script().add(0).add(1, null).add(2, 'info').cut().finalRead([0]))).toMatchObject({
      valid: true,
      acknowledged: 1,
      indeterminate: 2,
    });
  });

  test('an acknowledgement recorded after the instant of the cut counts as indeterminate', () => {
    const late = new Script().add(0).invoke(1, 'add', 1).cut().complete(1, 'ok').finalRead([0]);
    expect(check(late)).toMatchObject({ valid: true, acknowledged: 1, indeterminate: 1 });
    const inTime = new Script().add(0).invoke(1, 'add', 1).complete(1, 'ok').cut().finalRead([0]);
    expect(found(inTime)).toEqual(['lost-write in boot 2: 1']);
  });

  test('a read answered after the instant of the cut proves nothing', () => {
    const script = new Script().add(0).invoke(1, 'read').cut().complete(1, 'ok', []).finalRead([0]);
    expect(check(script)).toMatchObject({ valid: true, reads: 1 });
  });

  test('a failed read proves nothing', () => {
    const script = new Script().add(0).cut().invoke(1, 'read').complete(1, 'fail').finalRead([0]);
    expect(check(script)).toMatchObject({ valid: true, reads: 1 });
  });

  test('a read that answers ok without a value found nothing', () => {
    const script = new Script().add(0).cut().invoke(1, 'read', undefined, true).complete(1, 'ok');
    expect(found(script)).toEqual(['lost-write in boot 2: 0']);
  });

  test('without an interruption, from one read to the next, no contract excuses it', () => {
    const script = new Script().adds(0, 1).read([0, 1]).read([0]).finalRead([0]);
    const promisesNothing = contract({ acknowledged: 'any', order: 'any' });
    expect(found(script, promisesNothing)).toEqual(['lost-write in boot 1: 1']);
    expect(check(script).violations[0]).toMatchObject({ duringBoot: true, timeMs: 80 });
  });

  test('a read invoked just before the acknowledgement proves nothing, just after it does', () => {
    const before = new Script()
      .invoke(1, 'add', 0)
      .invoke(2, 'read', undefined, true)
      .complete(1, 'ok')
      .complete(2, 'ok', []);
    expect(check(before)).toMatchObject({ valid: 'unknown', lost: 0, neverRead: 1 });
    const after = new Script().add(0).invoke(2, 'read', undefined, true).complete(2, 'ok', []);
    expect(found(after)).toEqual(['lost-write in boot 1: 0']);
  });

  test('a read concurrent with the add that misses it proves nothing', () => {
    const script = new Script()
      .invoke(1, 'read', undefined, true)
      .add(0)
      .complete(1, 'ok', [])
      .finalRead([0]);
    expect(check(script)).toMatchObject({ valid: true, stale: 0 });
  });
});

describe('unacknowledged elements', () => {
  test('recovered: indeterminate, and a read shows it', () => {
    const script = new Script().add(0).add(1, 'info').add(2, null).cut().finalRead([0, 1, 2]);
    expect(check(script)).toMatchObject({ valid: true, recovered: 2, known: 3 });
  });

  test('may be seen in one boot and vanish with the next cut', () => {
    const sameBoot = new Script().add(0).add(1, 'info').read([0, 1]).cut().finalRead([0]);
    expect(check(sameBoot)).toMatchObject({ valid: true, vanished: 1 });
    const recovered = new Script().add(0).add(1, 'info').cut().finalRead([0, 1]).cut().finalRead([0]);
    expect(check(recovered)).toMatchObject({ valid: true, recovered: 1, vanished: 1 });
  });

  test('may appear at any later time', () => {
    const script = new Script().add(0).add(1, 'info').cut().finalRead([0]).read([0, 1]).finalRead([0, 1]);
    expect(check(script)).toMatchObject({ valid: true, recovered: 1 });
  });

  test('may not vanish within one boot once read', () => {
    const script = new Script().add(0).add(1, 'info').cut().finalRead([0, 1]).finalRead([0]);
    expect(found(script)).toEqual(['lost-write in boot 2: 1']);
  });
});

describe('stale', () => {
  test('missed by a read after its acknowledgement and shown by a later one', () => {
    const script = new Script().adds(0, 1).read([0]).finalRead([0, 1]);
    expect(found(script)).toEqual(['stale in boot 1: 1']);
    expect(check(script)).toMatchObject({ valid: false, stale: 1, lost: 0, ok: 2 });
  });

  test('missed by the read after a cut and shown later in the same boot: it was not lost', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0]).finalRead([0, 1]);
    expect(found(script)).toEqual(['stale in boot 2: 1']);
    expect(check(script).violations[0]).toMatchObject({ duringBoot: false });
  });

  test('missed in a boot that had it, shown after the next cut', () => {
    const script = new Script().adds(0, 1).read([0]).cut().finalRead([0, 1]);
    expect(found(script)).toEqual(['stale in boot 1: 1']);
  });
});

describe('resurrected', () => {
  test('lost in one boot and back in a later one', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0]).cut().finalRead([0, 1]);
    expect(found(script)).toEqual(['lost-write in boot 2: 1', 'resurrected in boot 3: 1']);
    expect(check(script)).toMatchObject({ lost: 1, resurrected: 1 });
  });

  test('also where the loss was allowed', () => {
    const script = new Script().adds(0, 1).cut().finalRead([0]).cut().finalRead([0, 1]);
    expect(found(script, contract({ acknowledged: { lossWindowMs: 1000 }, order: 'prefix' }))).toEqual([
      'resurrected in boot 3: 1',
    ]);
  });

  test('also where it was never acknowledged but had been read', () => {
    const script = new Script()
      .add(0)
      .add(1, 'info')
      .read([0, 1])
      .cut()
      .finalRead([0])
      .cut()
      .finalRead([0, 1]);
    expect(found(script)).toEqual(['resurrected in boot 3: 1']);
  });

  test('can be lost again', () => {
    const script = new Script().add(0).cut().finalRead([]).cut().finalRead([0]).cut().finalRead([]);
    expect(found(script)).toEqual([
      'lost-write in boot 2: 0',
      'resurrected in boot 3: 0',
      'lost-write in boot 4: 0',
    ]);
    expect(check(script)).toMatchObject({ lost: 1 });
  });
});

describe('duplicate (a hole of set-full)', () => {
  test('the same element twice in one read, reported once', () => {
    const script = new Script().adds(0, 1).finalRead([0, 1, 0, 0]).finalRead([0, 1, 0]);
    expect(found(script)).toEqual(['duplicate in boot 1: 0']);
    expect(check(script).violations[0]!.message).toContain('0 3 times');
    expect(check(script)).toMatchObject({ valid: false, duplicate: 1, ok: 2 });
  });

  test('the same element in two reads is none', () => {
    expect(check(new Script().add(0).read([0]).finalRead([0]))).toMatchObject({ valid: true, duplicate: 0 });
  });
});

describe('phantom (a hole of set-full)', () => {
  test('an element that no client ever added', () => {
    const script = new Script().add(0).cut().finalRead([0, 77]).finalRead([0, 77]);
    expect(found(script)).toEqual(['phantom in boot 2: 77']);
    expect(check(script).violations[0]!.ops[0]).toMatchObject({ f: 'read', value: 77 });
  });

  test('an element read before its add was invoked', () => {
    const script = new Script().add(0).read([0, 1]).add(1).finalRead([0, 1]);
    expect(found(script)).toEqual(['phantom in boot 1: 1']);
    expect(check(script).violations[0]!.ops[0]).toMatchObject({ f: 'add', value: 1 });
  });

  test('not: an element read while its add was running', () => {
    const script = new Script().invoke(1, 'add', 0).read([0]).complete(1, 'ok').finalRead([0]);
    expect(check(script).valid).toBe(true);
  });

  test('not: an element whose add was invoked while the read was running', () => {
    const script = new Script().invoke(1, 'read').add(0).complete(1, 'ok', [0]).finalRead([0]);
    expect(check(script).valid).toBe(true);
  });

  test('an element whose add was answered fail', () => {
    expect(found(new Script().add(0).add(1, 'fail').finalRead([0, 1]))).toEqual(['phantom in boot 1: 1']);
    expect(check(new Script().add(0).add(1, 'fail').finalRead([0]))).toMatchObject({
      valid: true,
      failed: 1,
    });
  });

  test('not: an element whose add was answered fail after the plug was out', () => {
    const script = new Script().add(0).invoke(1, 'add', 1).cut().complete(1, 'fail').finalRead([0, 1]);
    expect(check(script)).toMatchObject({ valid: true, failed: 0, recovered: 1 });
  });
});

describe('corruption', () => {
  test('a value that cannot be an element', () => {
    const script = new Script().add(0).finalRead([0, '0', null, 1.5, 2 ** 60, { a: 1 }]);
    expect(check(script)).toMatchObject({ valid: false, mangled: 5, phantom: 0, ok: 1 });
    expect(check(script).violations).toHaveLength(1);
    expect(check(script).violations[0]).toMatchObject({ class: 'corruption', boot: 1 });
  });

  test('an answer that is no list; it says nothing of any element', () => {
    const script = new Script().add(0).finalRead('garbage').finalRead([0]);
    expect(check(script)).toMatchObject({ valid: false, lost: 0, stale: 0, ok: 1 });
    expect(check(script).violations[0]).toMatchObject({ class: 'corruption' });
  });
});

describe('fresh data', () => {
  test('nothing from before is expected there', () => {
    const script = new Script().add(0).finalRead([0]).interrupt('power-cut', true).add(1).finalRead([1]);
    expect(check(script)).toMatchObject({ valid: true, ok: 2, lost: 0 });
  });

  test('anything from before is a phantom there', () => {
    const script = new Script().add(0).interrupt('power-cut', true).finalRead([0]);
    expect(found(script)).toEqual(['phantom in boot 2: 0']);
  });
});

describe('figures', () => {
  test('boot by boot', () => {
    const script = new Script().adds(0, 1).add(2, 'info').cut().finalRead([0, 2]).add(3).finalRead([0, 2, 3]);
    expect(check(script)['boots']).toMatchObject([
      { boot: 1, after: null, attempted: 3, acknowledged: 2, reads: 0, elements: null },
      {
        boot: 2,
        after: 'power-cut',
        attempted: 1,
        acknowledged: 1,
        reads: 2,
        elements: 3,
        recovered: 1,
        lost: 1,
      },
    ]);
  });

  test('acknowledged elements that no read could have shown are never read', () => {
    expect(check(new Script().add(0).finalRead([0]).add(1))).toMatchObject({
      valid: true,
      neverRead: 1,
      ok: 1,
    });
  });
});

describe('malformed input is refused with the op that is wrong', () => {
  test.each([
    ['an element added twice', new Script().adds(0, 0), 'op 2 adds 0 a second time'],
    [
      'an element that is no whole number',
      new Script().add('x'),
      'op 0 adds something that is no whole number',
    ],
  ])('%s', (_, script, sentence) => {
    expect(() => checkSet(script.history, script.facts())).toThrow(sentence);
  });

  test('a completion without invocation', () => {
    const { history } = new Script().add(0);
    const facts = new Script().facts();
    expect(() => checkSet(history.slice(1), facts)).toThrow('op 1 (add of process 1000)');
  });

  test('interruptions out of order', () => {
    const interruptions = [
      { kind: 'kill', timeMs: 5, boot: 3 },
      { kind: 'kill', timeMs: 9, boot: 2 },
    ] as const;
    expect(() => checkSet([], { contract: everything, interruptions })).toThrow('interruption 2');
  });
});
