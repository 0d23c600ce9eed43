import { expect, test } from 'vitest';
import { within } from './deadline.ts';

test('what comes in time is the outcome, a failure too', async () => {
  expect(await within(Promise.resolve(7), 10_000)).toBe(7);
  await expect(within(Promise.reject(new Error('no')), 10_000)).rejects.toThrow('no');
});

test('what comes too late is a time-out, and its later failure harms nobody', async () => {
  let fail: (error: Error) => void = () => undefined;
  const late = new Promise<never>((_, reject) => (fail = reject));
  expect(await within(late, 1)).toBe('timeout');
  fail(new Error('nobody listens'));
  await new Promise((resolve) => setImmediate(resolve));
});
