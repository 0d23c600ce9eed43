// npm run bench:disk [-- --also NAME=DIR[,PID] … --rounds N --only WORD,… --pin CORE --time MS --json FILE]
//
// Runs each workload on our disk, in both ways of writing, and in turn on the directories that were given, several rounds; prints
// medians, and ours as ratios to theirs. PID: the server behind a directory, which is pinned as everything else is. The computer
// is never quiet: only what was measured in one run may be compared. Least disturbed by other work is the processor time of client
// and server together: on one core, which they take in turns, it is what an idle computer would show as time.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { givenDirectory, ownDisk } from './systems.mjs';
import { median, table } from './table.mjs';
import { workloads } from './workloads.mjs';

const { values } = parseArgs({
  options: {
    also: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    pin: { type: 'string', default: '0' },
    time: { type: 'string', default: '250' },
    json: { type: 'string' },
  },
});

// Mounts in a namespace of their own: nothing of them is left, however this ends.
if (process.env.POWERCUT_BENCH === undefined) {
  const self = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, POWERCUT_BENCH: '1' };
  const { status } = spawnSync('unshare', ['--mount', '--propagation', 'private', ...self], {
    stdio: 'inherit',
    env,
  });
  process.exit(status ?? 1);
}

const timedMs = Number(values.time);
const rounds = Number(values.rounds);
const words = values.only?.split(',');
const names = Object.keys(workloads).filter((name) => words?.some((word) => name.includes(word)) ?? true);
const canPin = spawnSync('taskset', ['--version']).status === 0;
const placements = canPin
  ? { pinned: values.pin, unpinned: `0-${availableParallelism() - 1}` }
  : { unpinned: undefined };

const systems = [await ownDisk('through', timedMs), await ownDisk('cached', timedMs)];
for (const given of values.also) {
  const [, name, directory, pid] = /^([^=]+)=([^,]+)(?:,(\d+))?$/.exec(given) ?? [];
  if (name === undefined) throw new Error(`--also ${given}: it is NAME=DIR, or NAME=DIR,PID`);
  systems.push(await givenDirectory(name, directory, pid, timedMs));
}

const results = [];
try {
  for (const workload of names) results.push(...(await compare(workload)));
} finally {
  for (const system of systems) await system.close();
}
for (const placement of Object.keys(placements)) print(placement, 'perSecond');
print(Object.keys(placements)[0], 'perProcessorSecond');
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 1)}\n`);

/** One workload: in every round every system, one after the other, in both placements. */
async function compare(workload) {
  const measured = new Map(Object.keys(placements).map((placement) => [placement, systems.map(() => [])]));
  for (let round = 0; round < rounds; round++) {
    for (const [placement, cores] of Object.entries(placements)) {
      for (const [index, system] of systems.entries()) {
        if (cores !== undefined) system.pin(cores);
        measured.get(placement)[index].push(await system.measure(workload));
      }
    }
  }
  process.stderr.write(`${workload}\n`);
  const { unit } = workloads[workload];
  return [...measured].map(([placement, samples]) => {
    const medians = (key) =>
      Object.fromEntries(
        systems.map(({ name }, index) => [name, median(samples[index].map((each) => each[key] ?? NaN))]),
      );
    return {
      workload,
      unit,
      placement,
      perSecond: medians('perSecond'),
      perProcessorSecond: medians('perProcessorSecond'),
      samples: Object.fromEntries(systems.map(({ name }, index) => [name, samples[index]])),
    };
  });
}

function print(placement, figure) {
  const what = figure === 'perSecond' ? 'per second' : 'per second of processor time';
  console.log(`\n${placement}, ${what}, medians of ${rounds}\n`);
  const placed = results.filter((result) => result.placement === placement);
  console.log(
    table(
      placed.map((result) => ({ ...result, figures: result[figure] })),
      systems.map(({ name }) => name),
    ),
  );
}
