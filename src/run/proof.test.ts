import { describe, expect, test } from 'vitest';
import { StartError } from '../targets/target.ts';
import { harmlessFacts } from './cut-facts.ts';
import { proveAlone, proveFailure, proveViolation } from './proof.ts';
import { broken, cut, file, op, rules, trace, violation, write } from './testing/cuts.ts';

const gone = 'acknowledged add of 7 at 1.010 s is gone';

describe('the proof of a lost write', () => {
  test('is the write that put the bytes there, with process, instant, range and the barrier that never came', () => {
    const own = write(8192, 4096);
    const evidence = proveViolation(violation(), cut([own]), [trace(8200, own)]);
    expect(evidence.sentences).toEqual([
      `${gone}: it was in \`data\`, bytes 8192–12287, written by db[88] at 1.000 s, never fsynced before the cut at 5.000 s`,
    ]);
    expect(evidence).toMatchObject({
      op: broken(),
      count: 1,
      diskOps: [own],
      rule: rules.data,
      cutMs: 5_000,
      processes: { '88': 'db' },
    });
  });

  test('is its own write, where a later one copied the bytes', () => {
    const own = write(0, 4096);
    const copy = write(0, 4096, { timeMs: 3_000, pid: 99 });
    const { sentences, diskOps } = proveViolation(violation(), cut([own, copy]), [trace(100, copy)]);
    expect(sentences[0]).toContain('written by db[88] at 1.000 s');
    expect(diskOps[0]).toEqual(own);
  });

  test('is the later copy, where the op itself wrote nothing that was dropped', () => {
    const copy = write(0, 4096, { timeMs: 3_000 });
    const { sentences } = proveViolation(violation(), cut([copy]), [trace(100, copy)]);
    expect(sentences[0]).toContain('written by db[88] at 3.000 s');
  });

  test('is a later place that the op itself wrote, before an earlier one that it did not', () => {
    const other = write(0, 4096, { timeMs: 3_000, ino: 9 });
    const own = write(4096, 4096);
    const traces = [trace(10, other), trace(4200, own)];
    expect(proveViolation(violation(), cut([own, other]), traces).diskOps[0]).toEqual(own);
  });

  test('does not take for its own what follows the name op that ends a commit', () => {
    const commit = op('unlink', { path: 'data-journal', timeMs: 1_002 });
    const next = write(0, 4096, { timeMs: 1_005 });
    const { sentences, diskOps, rule } = proveViolation(violation(), cut([commit, next]), [trace(100, next)]);
    expect(sentences).toEqual([
      `${gone}: while it was being done, unlink of \`data-journal\` by db[88] at 1.002 s; write of \`data\`, bytes 0–4095 by db[88] at 1.005 s were made, and no barrier covered that before the cut at 5.000 s`,
    ]);
    expect(diskOps).toEqual([commit, next]);
    expect(rule).toBe(`${rules.name}; ${rules.data}`);
  });

  test('is what was done in the course of the op, where the bytes are nowhere among what was dropped', () => {
    const rename = op('rename', { path: 'data.tmp', toPath: 'data' });
    const { sentences, rule } = proveViolation(violation(), cut([rename]), []);
    expect(sentences).toEqual([
      `${gone}: while it was being done, rename of \`data.tmp\` to \`data\` by db[88] at 1.000 s was made, and no barrier covered that before the cut at 5.000 s`,
    ]);
    expect(rule).toBe(rules.name);
  });

  test('tells many such ops by the last of each file and their count', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      write(index * 10, 10, { path: index < 10 ? 'wal' : 'log' }),
    );
    const { sentences, diskOps } = proveViolation(violation(), cut(many), []);
    expect(sentences[0]).toMatch(
      /write of `wal`, bytes 90–99 .*; write of `log`, bytes 590–599 .*; and 58 more disk ops were made/,
    );
    expect(diskOps).toEqual(many.slice(-50));
  });

  test('is the name op, where a file with synced data was lost with its name', () => {
    const create = op('create', { timeMs: 500 });
    const { sentences, rule, diskOps } = proveViolation(violation(), cut([create]), [trace(0, create)]);
    expect(sentences).toEqual([
      `${gone}: it was in \`data\`, whose name was made (create) by db[88] at 0.500 s and never synced before the cut at 5.000 s`,
    ]);
    expect(rule).toBe(rules.name);
    expect(diskOps).toEqual([create]);
  });

  test('attributes the bytes to nobody, where the op that wrote them is not known', () => {
    const other = op('setattr', { timeMs: 4_000 });
    const { sentences, diskOps } = proveViolation(violation(), cut([other]), [trace(0)]);
    expect(sentences).toEqual([`${gone}: it was in \`data\`, among what the cut at 5.000 s dropped`]);
    expect(diskOps).toEqual([]);
  });

  test('says so, where none of the dropped bytes hold it, and tells what was dropped', () => {
    const later = write(0, 10, { timeMs: 4_000, path: 'other' });
    const files = [file('other', { sizeBytes: 10, lastOp: later })];
    expect(proveViolation(violation(), cut([later], { files }), []).sentences).toEqual([
      `${gone}; none of the dropped bytes hold it`,
      'the cut at 5.000 s dropped 10 bytes of data of `other`, last touched by db[88] (write) at 4.000 s and not synced since',
    ]);
  });

  test('says so, where nothing was un-synced', () => {
    const { sentences, rule } = proveViolation(violation(), cut([]), []);
    expect(sentences).toEqual([
      `${gone} although nothing on the disk was un-synced at the cut at 5.000 s: the target never wrote it there`,
    ]);
    expect(rule).toBe('none: nothing was taken from the disk');
  });

  test.each(['kill', 'died', 'hang'] as const)('blames no disk for a fault of kind %s', (kind) => {
    const { sentences, rule, diskOps } = proveViolation(violation(), harmlessFacts(kind, 5_000), []);
    expect(sentences).toEqual([
      `${gone} although the disk kept everything: the target had not written it, or threw it away itself`,
    ]);
    expect([rule, diskOps]).toEqual(['none: nothing was taken from the disk', []]);
  });

  test('of one that only a read had shown does not call it acknowledged', () => {
    const { acknowledgedMs: _, ...unacknowledged } = broken();
    const { sentences } = proveViolation(violation({ ops: [unacknowledged] }), cut([write(0, 10)]), []);
    expect(sentences[0]).toMatch(/^add of 7, which a read had shown, is gone: while it was being done/);
  });

  test('under a living target says that what a power cut would have left was booted apart', () => {
    const own = write(0, 10);
    const { sentences } = proveViolation(violation(), cut([own], { kind: 'lose-unsynced' }), [trace(0, own)]);
    expect(sentences[1]).toMatch(/at 5\.000 s the target lived on; the durable state of that instant/);
  });

  test('names the kernel where it wrote a mapped page back, and pids whose name is not known', () => {
    const mapped = write(0, 4096, { pid: 0 });
    expect(proveViolation(violation(), cut([mapped]), [trace(0, mapped)]).sentences[0]).toContain(
      'written by the kernel (write-back)',
    );
    const unnamed = write(0, 4096, { pid: 4 });
    expect(proveViolation(violation(), cut([unnamed]), [trace(0, unnamed)]).sentences[0]).toContain(
      'written by process[4]',
    );
  });

  test('carries only the names of processes whose ops it shows', () => {
    const own = write(0, 10);
    const facts = cut([own, write(0, 10, { pid: 77, ino: 9, timeMs: 2_000 })], {
      processes: { '77': 'x', '88': 'db' },
    });
    expect(proveViolation(violation(), facts, [trace(0, own)]).processes).toEqual({ '88': 'db' });
  });
});

describe('the proof of any other violation', () => {
  test('that shows while nothing interrupts the target blames nothing else', () => {
    const evidence = proveViolation(violation({ class: 'stale', duringBoot: true }), cut([write(0, 10)]), []);
    expect(evidence.sentences).toEqual(['nothing came between: it showed this while it was running']);
    expect(evidence).not.toHaveProperty('cutMs');
  });

  test('before any fault says that there was none', () => {
    const { sentences } = proveViolation(violation({ class: 'phantom', boot: 1 }), undefined, []);
    expect(sentences).toEqual(['no fault had come before: it showed this by itself']);
  });

  test('after a cut is what the cut dropped, by file', () => {
    const dropped = write(0, 10);
    const files = [file('data', { sizeBytes: 1, lastOp: dropped })];
    const { sentences } = proveViolation(violation({ class: 'phantom' }), cut([dropped], { files }), []);
    expect(sentences[0]).toMatch(/^the cut at 5\.000 s dropped 1 byte of data of `data`/);
  });

  test('after a kill is that the disk kept everything', () => {
    const { sentences } = proveViolation(
      violation({ class: 'resurrected' }),
      harmlessFacts('kill', 5_000),
      [],
    );
    expect(sentences).toEqual(['the processes died at 5.000 s; the disk kept everything']);
  });

  test('counts as its checker counted, or its ops', () => {
    expect(proveViolation(violation({ count: 40 }), undefined, []).count).toBe(40);
    expect(proveViolation(violation({ ops: [] }), undefined, []).count).toBe(1);
  });
});

describe('the proof of a failure to start', () => {
  const failure = (message: string, exitCode: number | null = 7) =>
    new StartError('unrestartable', message, exitCode, []);

  test('puts the files first that the last words name', () => {
    const manifest = op('rename', { path: 'MANIFEST', ino: 3 });
    const ops = [write(0, 10, { path: 'wal' }), manifest];
    const files = [file('a'), file('wal'), file('store/MANIFEST', { nameUnsynced: true, lastOp: manifest })];
    const said = ['opening', 'cannot read MANIFEST: no such file'];
    const evidence = proveFailure(cut(ops, { files }), said, [failure('it ended')]);
    expect(evidence.sentences[1]).toBe(
      'the cut at 5.000 s dropped the name of `store/MANIFEST`, last touched by db[88] (rename) at 1.000 s and not synced since',
    );
    expect(evidence.diskOps).toEqual([manifest]);
    expect(evidence.rule).toBe(rules.name);
    expect(evidence.log).toEqual(said);
  });

  test.each([
    ['the database cannot be opened', 'data', false],
    ['cannot read data.tmp', 'data', false],
    ['old-data is there', 'data', false],
    ['data: no such file', 'data', true],
    ['cannot open store/data.', 'data', true],
    ['`wal[1].log` is torn', 'wal[1].log', true],
  ])('takes a file for named by words of their own: %s', (said, path, isNamed) => {
    const facts = cut([write(0, 10)], { files: [file('a'), file(path)] });
    const { sentences } = proveFailure(facts, [said], []);
    expect(sentences[0]!.includes(`of \`${path}\``)).toBe(isNamed);
  });

  test('tells how often it was started, its exit code, and whether it always failed alike', () => {
    const facts = cut([write(0, 10)], { files: [file('a')] });
    const alike = proveFailure(facts, [], [failure('it ended'), failure('it ended'), failure('it ended')]);
    expect(alike.sentences[0]).toBe('it was started 3 times, and failed in the same way each time');
    expect(alike.exitCode).toBe(7);
    const differing = proveFailure(facts, [], [failure('it ended', 1), failure('it hung', null)]);
    expect(differing.sentences[0]).toBe(
      'it was started 2 times, and the failures differ: it ended; then it hung',
    );
    expect(differing.exitCode).toBe(1);
  });

  test('without a failed start has neither exit code nor attempts', () => {
    const evidence = proveFailure(cut([]), ['broken page'], []);
    expect(evidence.sentences).toEqual(['nothing was un-synced at the cut at 5.000 s']);
    expect(evidence).not.toHaveProperty('exitCode');
  });

  test('lists names, and what else there is, of at most five files', () => {
    const names = ['+a', '-b', '=c', '+d', '+e', '+f'];
    const files = [
      file('.', { kind: 'directory', names }),
      file('size-only', { metadata: true }),
      ...['c', 'd', 'e', 'f', 'g'].map((path) => file(path, { sizeBytes: 1 })),
    ];
    const { sentences } = proveFailure(cut([write(0, 1)], { files }), [], []);
    expect(sentences[0]).toContain('dropped changes of names (+a, -b, =c, +d, +e, …) of `.`');
    expect(sentences[1]).toContain('dropped size or attributes of `size-only`');
    expect(sentences.slice(5)).toEqual(['and something of 2 more files']);
  });
});

test('what a target does by itself has no disk ops', () => {
  expect(proveAlone('it hangs')).toEqual({
    count: 1,
    diskOps: [],
    rule: 'none: nothing was taken from the disk',
    sentences: ['it hangs'],
  });
});
