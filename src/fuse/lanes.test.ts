import { describe, expect, it } from 'vitest';
import { inLanes } from './lanes.ts';

const pause = () => new Promise((resolve) => setImmediate(resolve));

describe('calls in lanes', () => {
  it('are all made, two at a time', async () => {
    const done: number[] = [];
    let [atWork, most] = [0, 0];
    await inLanes([1, 2, 3, 4, 5], async (item) => {
      most = Math.max(most, ++atWork);
      await pause();
      atWork--;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('end with the first that fails', async () => {
    const begun: number[] = [];
    const calls = inLanes([1, 2, 3, 4, 5, 6], async (item) => {
      begun.push(item);
      await pause();
      if (item === 2) throw new Error('gone');
    });
    await expect(calls).rejects.toThrow('gone');
    expect(begun.length).toBeLessThan(6);
  });
});
