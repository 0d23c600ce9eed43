/** Equality for properties that compare thousands of times: vitest's is for people to read, and slow. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

export function expectEqual(real: unknown, naive: unknown, what: string): void {
  if (!isDeepStrictEqual(real, naive)) expect(real, what).toEqual(naive);
}
