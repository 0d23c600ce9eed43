/**
 * Whether SpacetimeDB's server is on this computer. Nothing builds it for a test: it takes a quarter of an hour. What is
 * skipped without it is said aloud, so that nobody takes a skipped test for a passed one.
 */
import { spacetimedb } from '../../../src/targets/spacetimedb/target.ts';

const detected = await spacetimedb.detect();

export const isTested = detected.found && detected.version.startsWith('1.2.');

if (!detected.found) {
  process.stdout.write(
    `\nSKIPPED: the tests that need a real SpacetimeDB server: ${detected.sentence} (scripts/install-spacetimedb.sh does it in a quarter of an hour)\n`,
  );
} else if (!isTested) {
  process.stdout.write(`\nSKIPPED: the tests of SpacetimeDB 1.2: this computer has ${detected.version}\n`);
}
