import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import { lmdbContract } from './contract.ts';
import { lmdb } from './target.ts';

const contract = (settings: Record<string, string> = {}) => lmdbContract(resolveSettings(lmdb, settings));

describe('LMDB promises after a power cut', () => {
  test.each([
    {},
    { overlappingSync: 'no' },
    { useWritemap: 'yes' },
    { processes: 'per-client' },
    { mapAsync: 'yes' },
  ])('every write: %j', (settings) => {
    expect(contract(settings)).toMatchObject({ acknowledged: 'all', order: 'prefix', restartable: true });
  });

  test('all but the last transaction: noMetaSync, where each write is one of its own', () => {
    expect(contract({ sync: 'noMetaSync', processes: 'per-client' })).toMatchObject({
      acknowledged: { lossLastOps: 1 },
      order: 'prefix',
      atomic: true,
    });
    expect(contract({ sync: 'noMetaSync' })).toMatchObject({ acknowledged: 'any' });
  });

  test.each([{ sync: 'noSync' }, { useWritemap: 'yes', mapAsync: 'yes' }])('nothing: %j', (settings) => {
    expect(contract(settings)).toHaveProperty('unsafe');
  });

  test('and a kill takes nothing, whatever the settings', () => {
    for (const sync of ['full', 'noMetaSync', 'noSync']) expect(contract({ sync }).kill).toBeUndefined();
  });
});
