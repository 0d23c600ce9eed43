import { describe, expect, test } from 'vitest';
import { sqliteContract } from './contract.ts';

const contract = (journal_mode: string, synchronous: string) => sqliteContract({ journal_mode, synchronous });

describe('SQLite promises after a power cut', () => {
  test.each([
    ['WAL', 'FULL'],
    ['WAL', 'EXTRA'],
    ['DELETE', 'EXTRA'],
    ['TRUNCATE', 'FULL'],
    ['TRUNCATE', 'EXTRA'],
    ['PERSIST', 'FULL'],
    ['PERSIST', 'EXTRA'],
  ])('every commit: %s + %s', (mode, synchronous) => {
    expect(contract(mode, synchronous)).toMatchObject({ acknowledged: 'all', order: 'prefix', atomic: true });
  });

  test('all but the last commit: DELETE + FULL, whose journal is unlinked without a sync of the directory', () => {
    const documented = contract('DELETE', 'FULL');
    expect(documented).toMatchObject({
      acknowledged: { lossLastOps: 1 },
      order: 'prefix',
      restartable: true,
    });
    expect('reason' in documented && documented.reason).toContain('without a sync of its directory');
  });

  test.each(['DELETE', 'TRUNCATE', 'PERSIST'])('all but the last commit: %s + NORMAL', (mode) => {
    expect(contract(mode, 'NORMAL')).toMatchObject({ acknowledged: { lossLastOps: 1 }, order: 'prefix' });
  });

  test('consistency and order, but no commit: WAL + NORMAL', () => {
    expect(contract('WAL', 'NORMAL')).toMatchObject({ acknowledged: 'any', order: 'prefix', atomic: true });
  });

  test.each(['WAL', 'DELETE', 'TRUNCATE', 'PERSIST'])('nothing: %s + OFF', (mode) => {
    expect(contract(mode, 'OFF')).toHaveProperty('unsafe');
  });

  test('and a kill takes nothing, whatever the settings', () => {
    for (const mode of ['WAL', 'DELETE', 'TRUNCATE', 'PERSIST'])
      for (const synchronous of ['OFF', 'NORMAL', 'FULL', 'EXTRA'])
        expect(contract(mode, synchronous).kill).toBeUndefined();
  });

  test('with a page of the vendor for each', () => {
    for (const mode of ['WAL', 'DELETE'])
      for (const synchronous of ['OFF', 'NORMAL', 'FULL', 'EXTRA'])
        expect(contract(mode, synchronous).link).toMatch(/^https:\/\/www\.sqlite\.org\//);
  });
});
