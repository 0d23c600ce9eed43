// One measuring process for each system, told by its parent what to run. Its directory is its first argument.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { workloads } from './workloads.mjs';

const root = process.argv[2];
const timedMs = Number(process.argv[3]);
const now = () => Number(process.hrtime.bigint()) / 1e6;

process.on('message', async ({ name }) => {
  try {
    process.send({ perSecond: await measure(name) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });

/** Passes until enough time was measured; how long they took to prepare is bounded, not counted. */
async function measure(name) {
  const { load, before, pass, after } = workloads[name];
  const directory = join(root, name.replaceAll(/\W+/g, '-'));
  mkdirSync(directory, { recursive: true });
  const loaded = await load?.();
  const untilMs = now() + 20 * timedMs;
  let [done, tookMs] = [0, 0];
  while (tookMs < timedMs && now() < untilMs) {
    before(directory, loaded);
    const startMs = now();
    done += pass(directory);
    tookMs += now() - startMs;
  }
  after?.(directory);
  return (done / tookMs) * 1000;
}
