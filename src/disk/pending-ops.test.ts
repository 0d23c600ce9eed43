import { describe, expect, test } from 'vitest';
import type { Op, OpKind } from './op.ts';
import { PendingOps } from './pending-ops.ts';

let number = 0;
const op = (kind: OpKind, parts: Partial<Op> = {}): Op => ({
  number: ++number,
  kind,
  timeMs: number,
  pid: 1,
  ino: 2,
  path: 'f',
  ...parts,
});
const write = (offset: number, length = 10) => op('write', { offset, length });

describe('ops on an inode', () => {
  test('are forgotten with a data barrier, but for attributes', () => {
    const pending = new PendingOps();
    const chmod = op('setattr');
    for (const each of [write(0), chmod, op('truncate', { offset: 3, length: 0 })]) pending.add(each);
    pending.forgetData();
    expect([...pending]).toEqual([chmod]);
    pending.clear();
    expect([...pending]).toEqual([]);
  });

  test('merge when there are many and they go on where the last one ended; the newest stays exact', () => {
    const pending = new PendingOps();
    for (let index = 0; index < 5000; index++) pending.add(write(index * 10));
    const ops = [...pending];
    expect(ops.length).toBeLessThan(1100);
    expect(ops.length + pending.omitted).toBe(5000);
    expect(ops.at(-1)).toMatchObject({
      number,
      offset: (ops.length - 1) * 10,
      length: 50_000 - (ops.length - 1) * 10,
    });
  });

  test('are bounded: the first and the newest stay, the rest is counted', () => {
    const pending = new PendingOps();
    const first = write(0);
    pending.add(first);
    for (let index = 0; index < 50_000; index++) pending.add(write((index % 7) * 100));
    const ops = [...pending];
    expect(ops.length).toBeLessThanOrEqual(32_768);
    expect(ops.length + pending.omitted).toBe(50_001);
    expect(pending.oldest).toBe(first);
    expect(pending.last?.number).toBe(number);
  });
});

describe('ops on names', () => {
  test('are forgotten name by name', () => {
    const pending = new PendingOps();
    const [made, moved] = [op('create'), op('rename')];
    pending.addOnName(made, 'a');
    pending.addOnName(moved, 'a');
    pending.addOnName(moved, 'b');
    pending.forgetName('a');
    expect([...pending]).toEqual([moved]);
  });

  test('are forgotten up to the rename that carried an inode away', () => {
    const pending = new PendingOps();
    const ops = [op('create'), op('rename', { ino: 5 }), op('rename', { ino: 6 }), op('create')];
    for (const each of ops) pending.addOnName(each, 'a');
    pending.forgetNameUntil('a', 9);
    expect([...pending]).toEqual(ops);
    pending.forgetNameUntil('a', 5);
    expect([...pending]).toEqual(ops.slice(2));
  });

  test('keep the exchange that carried one inode away and brought another', () => {
    const pending = new PendingOps();
    const exchange = op('rename', { ino: 5 });
    pending.addOnName(op('create', { ino: 5 }), 'a');
    pending.addOnName(exchange, 'a');
    pending.forgetNameUntil('a', 5);
    expect([...pending]).toEqual([exchange]);
  });

  test('are bounded: a name replaced a thousand times keeps its first and its newest ops', () => {
    const pending = new PendingOps();
    const first = op('create');
    pending.addOnName(first, 'a');
    for (let index = 0; index < 1000; index++) pending.addOnName(op('rename'), 'a');
    expect([...pending].length).toBeLessThanOrEqual(64);
    expect([...pending].length + pending.omitted).toBe(1001);
    expect([pending.oldest, pending.last?.number]).toEqual([first, number]);
  });
});

test('a clone goes its own way', () => {
  const pending = new PendingOps();
  pending.add(write(0));
  pending.addOnName(op('create'), 'a');
  const clone = pending.clone();
  clone.addOnName(op('unlink'), 'a');
  clone.forgetData();
  expect([...pending].map(({ kind }) => kind)).toEqual(['write', 'create']);
  expect([...clone].map(({ kind }) => kind)).toEqual(['create', 'unlink']);
});
