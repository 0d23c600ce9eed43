// One measuring process for each system, told by its parent what to run. Its arguments: its directory, how long a measurement
// lasts at least, and the processes that serve the directory.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spentByMs } from './processes.mjs';
import { workloads } from './workloads.mjs';

const [root, time, serverList] = process.argv.slice(2);
const timedMs = Number(time);
const servers = serverList === '' ? [] : serverList.split(',');
const warmed = new Set();
const now = () => Number(process.hrtime.bigint()) / 1e6;

process.on('message', async ({ name }) => {
  try {
    process.send(await measure(name));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });

/** Once without counting: code that was never run before is compiled first, here and in the server. */
async function measure(name) {
  const { load, after } = workloads[name];
  const directory = join(root, name.replaceAll(/\W+/g, '-'));
  mkdirSync(directory, { recursive: true });
  const loaded = await load?.();
  if (!warmed.has(name)) passes(name, directory, loaded);
  warmed.add(name);
  const { done, tookMs, processorMs } = passes(name, directory, loaded);
  after?.(directory);
  const hasProcessorTime = !workloads[name].isElsewhere;
  return {
    perSecond: (done / tookMs) * 1000,
    ...(hasProcessorTime && { perProcessorSecond: (done / processorMs) * 1000 }),
  };
}

/** Passes until enough time was measured; how long they took to prepare is bounded, not counted. */
function passes(name, directory, loaded) {
  const { before, pass } = workloads[name];
  const untilMs = now() + 20 * timedMs;
  let [done, tookMs, processorMs] = [0, 0, 0];
  while (tookMs < timedMs && now() < untilMs) {
    before(directory, loaded);
    const [startMs, startProcessorMs] = [now(), spentMs()];
    done += pass(directory);
    tookMs += now() - startMs;
    processorMs += spentMs() - startProcessorMs;
  }
  return { done, tookMs, processorMs };
}

/** Processor time of this process and of the servers, theirs in the kernel included. */
function spentMs() {
  const { user, system } = process.cpuUsage();
  return servers.reduce((sum, pid) => sum + spentByMs(pid), (user + system) / 1000);
}
