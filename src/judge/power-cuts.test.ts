import { describe, expect, test } from 'vitest';
import { BlockLog } from './block-log.ts';
import { powerCuts, type CutLimits } from './power-cuts.ts';

const limits: CutLimits = { seed: 1, perEpoch: 100, torn: false, untearable: [] };

/** `w` a block is written, `f` the device is flushed, `a` the next op returns. */
function record(events: string): BlockLog {
  const log = new BlockLog();
  let written = 0;
  let acknowledged = 0;
  for (const event of events) {
    if (event === 'w') log.write(4096 * written++, new Uint8Array(4096));
    if (event === 'f') log.flush();
    if (event === 'a') log.acknowledge(++acknowledged);
  }
  return log;
}

/** `0:1,2 @0-1`: of epoch 0, writes 1 and 2 reached the medium, with none or one op acknowledged. */
function cuts(events: string, options = limits): string[] {
  return [...powerCuts(record(events).epochs(), options)].map(
    ({ epoch, kept, acknowledgedFrom, acknowledgedTo }) =>
      `${epoch}:${kept.map(({ write }) => write).join()} @${acknowledgedFrom}-${acknowledgedTo}`,
  );
}

describe('the power cuts of a log', () => {
  test('keep what was flushed, and any subset of what was not', () => {
    expect(cuts('wfww').sort()).toEqual([
      '0: @0-0',
      '0:0 @0-0',
      '1: @0-0',
      '1:0 @0-0',
      '1:0,1 @0-0',
      '1:1 @0-0',
    ]);
  });

  test('know how many ops were acknowledged at the earliest and at the last instant that leaves this', () => {
    expect(cuts('wawa').sort()).toEqual(['0: @0-2', '0:0 @0-2', '0:0,1 @1-2', '0:1 @1-2']);
  });

  test('do not outlive the flush that makes the rest durable', () => {
    expect(cuts('wafa').sort()).toEqual(['0: @0-1', '0:0 @0-1', '1: @1-2']);
  });

  test('are bounded where there are too many', () => {
    expect(cuts('w'.repeat(50), { ...limits, perEpoch: 20 })).toHaveLength(20);
  });

  test('are the same for the same seed', () => {
    const some = { ...limits, perEpoch: 20, torn: true };
    expect(cuts('w'.repeat(30), some)).toEqual(cuts('w'.repeat(30), some));
    expect(cuts('w'.repeat(30), some)).not.toEqual(cuts('w'.repeat(30), { ...some, seed: 2 }));
  });

  test('tear writes at sectors, but never those that the device does as a whole', () => {
    const torn = (untearable: readonly number[]) =>
      [...powerCuts(record('ww').epochs(), { ...limits, torn: true, untearable })]
        .flatMap(({ kept }) => kept)
        .filter(({ start, end }) => end - start < 4096);
    const parts = torn([4096]);
    expect(parts.length).toBeGreaterThan(0);
    for (const { write, start, end } of parts) {
      expect(write).toBe(0);
      expect([start % 512, end % 512]).toEqual([0, 0]);
      expect(end).toBeGreaterThan(start);
    }
    expect(torn([0, 4096])).toEqual([]);
  });
});
