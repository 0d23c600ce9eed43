import { describe, expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { postgresContract } from './contract.ts';

describe('PostgreSQL promises after a power cut', () => {
  test('every commit, as it comes', () => {
    expect(postgresContract({})).toMatchObject({ acknowledged: 'all', order: 'prefix', restartable: true });
    expect(postgresContract({}).kill).toBeUndefined();
  });

  test.each(['on', 'local', 'remote_write', 'remote_apply'])(
    'every commit, with synchronous_commit=%s',
    (value) => {
      expect(postgresContract({ synchronous_commit: value })).toMatchObject({ acknowledged: 'all' });
    },
  );

  test.each([
    [{}, 1_000],
    [{ wal_writer_delay: '200ms' }, 1_000],
    [{ wal_writer_delay: '10' }, 430],
    [{ wal_writer_delay: '1s' }, 3_400],
    [{ wal_writer_delay: '1 min' }, 180_400],
  ])('all but a window, with synchronous_commit=off: %j', (settings, lossWindowMs) => {
    const loss = { acknowledged: { lossWindowMs }, order: 'prefix' };
    expect(postgresContract({ synchronous_commit: 'off', ...settings })).toMatchObject({
      ...loss,
      kill: loss,
    });
  });

  test('a delay that is no time is refused', () => {
    const settings = { synchronous_commit: 'off', wal_writer_delay: 'soon' };
    expect(() => postgresContract(settings)).toThrow(UsageError);
  });

  test.each(['fsync', 'full_page_writes'])('nothing, with %s=off', (name) => {
    const documented = postgresContract({ [name]: 'off' });
    expect('unsafe' in documented && documented.unsafe).toContain(`${name}=off`);
    expect(documented.kill).toBeUndefined();
  });

  test('nothing, with fsync=off and synchronous_commit=off, where a kill takes a window all the same', () => {
    const documented = postgresContract({ fsync: 'off', synchronous_commit: 'off' });
    expect(documented).toHaveProperty('unsafe');
    expect(documented.kill).toEqual({ acknowledged: { lossWindowMs: 1_000 }, order: 'prefix' });
  });

  test('with a page of the vendor for each', () => {
    for (const settings of [{}, { fsync: 'off' }, { full_page_writes: 'off' }, { synchronous_commit: 'off' }])
      expect(postgresContract(settings).link).toMatch(/^https:\/\/www\.postgresql\.org\/docs\//);
  });
});
