// The long runs (`npm run soak`): five minutes of the hammer with losses and five with cuts for each way to treat writes, five minutes of random operations beside
// a host directory, sixty runs on real file systems killed at random instants, and, where FSX=FILE names the program, an hour of fsx. Stops
// at the first that fails.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const minute = 60;
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const conformance = fileURLToPath(new URL('run.mjs', import.meta.url));
const endToEnd = [vitest, 'run', '--project', 'e2e'];

run([...endToEnd, 'tests/mount/hammer.test.ts'], { POWERCUT_HAMMER_SECONDS: 10 * minute });
run([...endToEnd, 'tests/fuse/differential.test.ts'], {
  POWERCUT_FUZZ_SECONDS: 5 * minute,
  POWERCUT_FUZZ_SEED: Date.now(),
});
run([...endToEnd, 'tests/device/real-file-system.test.ts', '-t', 'is killed'], { POWERCUT_KILLS: 60 });
if (process.env.FSX !== undefined) run([conformance, '--only', 'fsx', '--seconds', String(60 * minute)], {});

function run(args, environment) {
  const env = { ...process.env };
  for (const [name, value] of Object.entries(environment)) env[name] = String(value);
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
