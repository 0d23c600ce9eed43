// Runs the suites that file systems are tested with, on our disk and, beside it, on a directory of this computer, and prints
// where they differ (`npm run conformance`). PJDFSTEST=DIR is a built pjdfstest, FSX=FILE an fsx program; stress-ng is found
// on the PATH. `--seconds N` is fsx's time on each place, `--host DIR` the directory beside, `--only SUITE` one suite.
// Exits 1 when something fails here that passes there and has no entry in deviations.mjs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deviations } from './deviations.mjs';
import { fsx } from './fsx.mjs';
import { pjdfstest } from './pjdfstest.mjs';
import { disk, host } from './places.mjs';
import { stressNg } from './stress-ng.mjs';
import { printTable } from './table.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    host: { type: 'string', default: tmpdir() },
    only: { type: 'string' },
  },
});

const suites = { pjdfstest, fsx, 'stress-ng': stressNg };
const scratch = mkdtempSync(join(values.host, 'powercut-conformance-'));
const places = [host(scratch), disk('through'), disk('cached')];
let unexplained = 0;
let suitesRun = 0;

try {
  for (const [name, suite] of Object.entries(suites)) {
    if (values.only !== undefined && values.only !== name) continue;
    const missing = suite.missing();
    if (missing !== undefined) {
      console.log(`${name}: not run: ${missing}`);
      continue;
    }
    suitesRun++;
    const results = places.map((place) => suite.run(place, Number(values.seconds)));
    unexplained += compare(name, results);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (suitesRun === 0) console.error('nothing was run');
process.exitCode = suitesRun === 0 || unexplained > 0 ? 1 : 0;

// Results are maps from a test's name to its outcome; one that passes starts with "ok".
function compare(suite, results) {
  const names = [...new Set(results.flatMap((result) => [...result.keys()]))];
  const outcomesOf = (name) => results.map((result) => result.get(name) ?? 'not run');
  const isGood = (outcome) => outcome.startsWith('ok');
  const rows = names
    .map((name) => ({ name, outcomes: outcomesOf(name) }))
    .filter(({ outcomes }) => outcomes.some((outcome) => isGood(outcome) !== isGood(outcomes[0])))
    .map(({ name, outcomes }) => [name, ...outcomes, reasonOf(suite, name) ?? '']);
  for (const [index, place] of places.entries()) {
    const outcomes = names.map((name) => outcomesOf(name)[index]);
    const failed = outcomes.filter((outcome) => !isGood(outcome)).length;
    console.log(`${suite} on ${place.name}: ${outcomes.length - failed} ok, ${failed} not`);
  }
  printTable(['test', ...places.map((place) => place.name), 'why'], rows);
  return rows.filter((row) => isGood(row[1]) && row.at(-1) === '').length;
}

function reasonOf(suite, name) {
  return deviations.find((known) => known.suite === suite && known.test.test(name))?.reason;
}
