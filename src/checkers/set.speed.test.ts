/** The set checker's cost grows with what was added and read, not with their product. */
import { expect, test } from 'vitest';
import { checkSet } from './set.ts';
import { contract, everything, Script } from './testing/script.ts';

const boots = 20;
const addsPerBoot = 5_000;

test('100,000 elements over 20 boots, most of them lost, are judged in seconds', () => {
  const script = new Script();
  let survivors: readonly number[] = [];
  for (let boot = 0; boot < boots; boot++) {
    const elements = Array.from({ length: addsPerBoot }, (_, i) => boot * addsPerBoot + i);
    script.adds(...elements).cut();
    survivors = [...survivors, ...elements.slice(0, addsPerBoot / 4)];
    script.finalRead(survivors);
  }
  const expected = { acknowledged: 100_000, ok: 25_000, lost: 75_000, valid: false };
  const start = process.cpuUsage();
  expect(checkSet(script.history, script.facts(everything)).result).toMatchObject(expected);
  const last = contract({ acknowledged: { lossLastOps: 10 }, order: 'prefix' });
  expect(checkSet(script.history, script.facts(last)).result).toMatchObject(expected);
  // Processor time, as other work on the machine is not the checker's. It takes about half a second; every element held
  // against every element of every read takes minutes.
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(20);
});
