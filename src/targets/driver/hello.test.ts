import { describe, expect, test } from 'vitest';
import { strictContract } from '../../checkers/contract.ts';
import type { Json } from '../../checkers/history.ts';
import { parseHello } from './hello.ts';

const parse = (fields: { readonly [key: string]: Json }) => parseHello(fields, 'driver.py');

describe('a hello', () => {
  test('that says nothing promises everything, from one shared process', () => {
    expect(parse({})).toMatchObject({
      name: 'driver.py',
      version: 'unknown',
      processes: 'shared',
      documented: strictContract,
      expectedUnsynced: [],
    });
  });

  test('says who it is and what it leaves un-synced', () => {
    const expectedUnsynced = [{ glob: 'cache/**', harmless: true, why: 'rebuilt at each start' }];
    expect(parse({ name: 'mine', version: '2', processes: 'per-client', expectedUnsynced })).toMatchObject({
      name: 'mine',
      version: '2',
      processes: 'per-client',
      expectedUnsynced,
    });
  });

  test('may promise less, field by field', () => {
    const contract = { acknowledged: { lossWindowMs: 100 }, order: 'any', link: 'https://vendor.example' };
    expect(parse({ contract })).toMatchObject({ documented: { ...strictContract, ...contract } });
    expect(parse({ contract: { acknowledged: { lossLastOps: 1 } } })).toMatchObject({
      documented: { acknowledged: { lossLastOps: 1 }, order: 'prefix' },
    });
  });

  test('may say what a kill takes', () => {
    expect(parse({ contract: { kill: { acknowledged: 'any', order: 'any' } } })).toMatchObject({
      documented: { acknowledged: 'all', kill: { acknowledged: 'any', order: 'any' } },
    });
  });

  test('may call its settings unsafe, and then promises nothing', () => {
    const hello = parse({ contract: { unsafe: 'sync is off', acknowledged: 'all' } });
    expect(hello).toMatchObject({ documented: { unsafe: 'sync is off' } });
    expect('documented' in hello && hello.documented).not.toHaveProperty('acknowledged');
  });

  test.each<[{ [key: string]: Json }, string]>([
    [{ processes: 'many' }, 'processes: "many", which is not "shared" or "per-client"'],
    [{ name: 7 }, 'name: 7, which is not a text'],
    [{ contract: 'all' }, 'the contract "all", which is not an object'],
    [{ contract: { acknowledged: 'most' } }, 'acknowledged: "most", which is none of "all", "any"'],
    [{ contract: { acknowledged: { lossWindowMs: -1 } } }, 'acknowledged: {"lossWindowMs":-1}'],
    [{ contract: { acknowledged: { lossWindowMs: 1, lossLastOps: 1 } } }, 'acknowledged: {"lossWindowMs":1,'],
    [{ contract: { order: 'random' } }, 'order: "random"'],
    [{ contract: { atomic: 'yes' } }, 'atomic: "yes", which is neither true nor false'],
    [{ contract: { kill: 'any' } }, 'the kill "any", which is not an object'],
    [{ expectedUnsynced: ['cache/**'] }, 'expectedUnsynced: "cache/**"'],
    [
      { expectedUnsynced: [{ glob: 'x', harmless: 'yes', why: '' }] },
      'which is not {"glob", "harmless", "why"}',
    ],
  ])('that makes no sense is refused: %j', (fields, sentence) => {
    expect(parse(fields)).toEqual({ wrong: expect.stringContaining(sentence) as string });
  });
});
