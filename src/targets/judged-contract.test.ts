import { expect, test } from 'vitest';
import { strictContract } from '../checkers/contract.ts';
import { judgedContract } from './judged-contract.ts';
import type { Documented } from './target.ts';

const weak: Documented = {
  ...strictContract,
  acknowledged: { lossWindowMs: 600 },
  reason: 'asynchronous',
  link: 'https://vendor.example/async',
  kill: { acknowledged: { lossWindowMs: 600 }, order: 'prefix' },
};
const unsafe: Documented = { unsafe: 'sync=off: "may corrupt"', link: 'https://vendor.example/sync' };

test('what the vendor documents is judged as documented', () => {
  expect(judgedContract(weak, 'documented')).toEqual({ ...weak, kind: 'documented' });
});

test('everything is asked where strict was asked for, whatever the vendor says', () => {
  for (const documented of [weak, unsafe]) {
    const judged = judgedContract(documented, 'strict');
    expect(judged).toMatchObject({ ...strictContract, kind: 'strict' });
    expect(judged.kill).toBeUndefined();
  }
});

test('settings that the vendor calls unsafe are judged as strict, and the reason says so', () => {
  const judged = judgedContract(unsafe, 'documented');
  expect(judged).toMatchObject({ ...strictContract, kind: 'strict', link: unsafe.link });
  expect(judged.reason).toContain('sync=off: "may corrupt"');
  expect(judged.reason).toContain('judged as strict');
});

test('an unsafe setting leaves what a kill may take as it is documented', () => {
  const kill = { acknowledged: { lossWindowMs: 600 }, order: 'prefix' } as const;
  expect(judgedContract({ ...unsafe, kill }, 'documented').kill).toEqual(kill);
});
