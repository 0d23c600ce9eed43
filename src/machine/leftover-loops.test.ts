import { expect, test } from 'vitest';
import { runOf } from './leftover-loops.ts';

test('a loop device is told by the file behind it, whatever is left of its path', () => {
  const name = 'powercut-0123456789ab';
  expect(runOf(`/tmp/${name}/control/devices/${name}.3\n`)).toBe(name);
  expect(runOf(`/${name}.3`)).toBe(name);
  expect(runOf(`/${name}.12 (deleted)`)).toBe(name);
});

test('no other file is taken for one', () => {
  for (const file of [
    '',
    '/var/images/disk.img',
    '/tmp/powercut-0123456789ab/control/other',
    '/my-powercut-1.2',
  ])
    expect(runOf(file)).toBeUndefined();
});
