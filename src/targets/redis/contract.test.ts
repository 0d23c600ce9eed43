import { expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import { redisContract } from './contract.ts';
import { redis } from './target.ts';

const contract = (settings: Record<string, string> = {}) => redisContract(resolveSettings(redis, settings));

test('always: every write, whatever happens', () => {
  const documented = contract({ appendfsync: 'always' });
  expect(documented).toMatchObject({ acknowledged: 'all', order: 'prefix', restartable: true });
  expect(documented.kill).toBeUndefined();
});

test('everysec: all but two seconds, in order; a write may wait that long in memory, so that a kill may take it, too', () => {
  const loss = { acknowledged: { lossWindowMs: 2_000 }, order: 'prefix' };
  expect(contract()).toMatchObject({ ...loss, atomic: true, kill: loss });
});

test('no: what the kernel has not written by itself may go, and a kill takes nothing of it', () => {
  const documented = contract({ appendfsync: 'no' });
  expect(documented).toMatchObject({ acknowledged: 'any', order: 'prefix' });
  expect(documented.kill).toBeUndefined();
});

test('without a log: what came after the last snapshot may go, with the process, too', () => {
  const loss = { acknowledged: 'any', order: 'prefix' };
  expect(contract({ appendonly: 'no' })).toMatchObject({ ...loss, kill: loss });
});

test.each(['', '  '])('without a log and with save=%j: nothing is promised', (save) => {
  const documented = contract({ appendonly: 'no', save });
  expect(documented).toMatchObject({ kill: { acknowledged: 'any' } });
  expect(documented).toHaveProperty('unsafe');
});

test('each with a page of the vendor', () => {
  for (const appendonly of ['yes', 'no'])
    for (const appendfsync of ['always', 'everysec', 'no'])
      expect(contract({ appendonly, appendfsync }).link).toMatch(/^https:\/\/redis\.io\/docs\//);
});
