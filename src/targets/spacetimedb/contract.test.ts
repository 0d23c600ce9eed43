import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';
import { spacetimedbContract } from './contract.ts';
import { spacetimedb } from './target.ts';

const contract = (version: string, given: Settings = {}): Documented =>
  spacetimedbContract(resolveSettings(spacetimedb, given), version);

describe('SpacetimeDB promises after a power cut', () => {
  test.each(['sql', 'call'])('in 1.2 via %s all but three intervals of its log, in order', (via) => {
    const loss = { acknowledged: { lossWindowMs: 1_500 }, order: 'prefix' };
    expect(contract('1.2.0', { via })).toMatchObject({
      ...loss,
      atomic: true,
      restartable: true,
      kill: loss,
    });
  });

  test.each([{ via: 'sql' }, { via: 'sql', confirmed: 'true' }, { via: 'call', confirmed: 'true' }])(
    'in 2.x everything that was confirmed: %j',
    (given) => {
      const documented = contract('2.1.0', given);
      expect(documented).toMatchObject({ acknowledged: 'all', order: 'prefix', restartable: true });
      expect(documented.kill).toBeUndefined();
    },
  );

  test.each([{ via: 'call' }, { via: 'sql', confirmed: 'false' }])(
    'in 2.x all but a window of what was not confirmed: %j',
    (given) => {
      const loss = { acknowledged: { lossWindowMs: 500 }, order: 'prefix' };
      expect(contract('2.1.0', given)).toMatchObject({ ...loss, kill: loss });
    },
  );

  test('with a page of the vendor for each', () => {
    for (const version of ['1.2.0', '2.1.0'])
      expect(contract(version).link).toMatch(/^https:\/\/spacetimedb\.com\/docs\//);
  });
});
