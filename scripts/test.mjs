// Runs every test (`npm test`): the units, then the end-to-end tests, even when units failed. Its last line counts what really ran:
// "N passed, N failed, N skipped". Exits non-zero when anything failed, when a runner broke, or when nothing ran.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// The run ends by itself before CI would end it: what was counted until then is still said.
const limitMs = { unit: 6 * 60_000, e2e: 26 * 60_000 };

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const reports = mkdtempSync(join(tmpdir(), 'powercut-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

try {
  for (const project of ['unit', 'e2e']) {
    const report = join(reports, `${project}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status, error } = spawnSync(
      process.execPath,
      [vitest, 'run', '--project', project, '--passWithNoTests', ...reporters],
      { stdio: 'inherit', timeout: limitMs[project] },
    );
    const counted = count(report);
    if (status !== 0 && counted.failed === 0) {
      console.error(`${project}: the test runner ended with ${error?.code ?? status}`);
      counted.failed = 1;
    }
    for (const key of Object.keys(total)) total[key] += counted[key];
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

// A file that could not even be loaded has no tests in the report: it counts as one that failed.
function count(report) {
  const counted = { passed: 0, failed: 0, skipped: 0 };
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return counted;
  }
  for (const file of results) {
    const statuses = file.assertionResults.map((test) => test.status);
    const failed = statuses.filter((status) => status === 'failed').length;
    counted.passed += statuses.filter((status) => status === 'passed').length;
    counted.failed += file.status === 'failed' ? Math.max(failed, 1) : failed;
    counted.skipped += statuses.filter((status) => status !== 'passed' && status !== 'failed').length;
  }
  return counted;
}
