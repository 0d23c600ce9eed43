// Runs the litmus programs of litmus/ on real ext4, XFS and btrfs (`npm run litmus`): what each leaves after power cuts at many
// instants. New outcomes go into litmus/observed/, where a unit test holds the profiles against them, everywhere, in a second.
// `--only TEXT` names that contain it, `--file-system NAME`, `--seed N`, `--runs N` with seeded commits and writeback between
// the ops, `--cuts N` images between two flushes. Root only. Exits 255 where this computer lacks something.
import { readFileSync, readdirSync, writeFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enterBox, inBox } from '../../dist/machine/box.js';
import { persistenceProfiles } from '../../dist/disk/persistence/catalogue.js';
import { convene } from '../../dist/judge/court.js';
import { seenBefore, updated } from '../../dist/judge/fixture.js';
import { violations } from '../../dist/judge/violations.js';
import { parseProgram } from '../../dist/litmus/parse.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    'file-system': { type: 'string', multiple: true, default: ['ext4', 'xfs', 'btrfs'] },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '2' },
    cuts: { type: 'string', default: '10' },
    directory: { type: 'string', default: 'litmus' },
  },
});

try {
  process.exitCode = inBox() ? await judgeAll() : await enterBox();
} catch (error) {
  console.error(`litmus: ${error.message}`);
  process.exitCode = 255;
}

async function judgeAll() {
  const programs = readdirSync(values.directory)
    .filter((file) => file.endsWith('.litmus') && file.includes(values.only))
    .map((file) =>
      parseProgram(file.slice(0, -'.litmus'.length), readFileSync(join(values.directory, file), 'utf8')),
    );
  const court = await convene(values['file-system']);
  try {
    const results = await Promise.all(court.judges.map((judge) => judgeOn(judge, programs)));
    return results.some((failed) => failed > 0) ? 1 : 0;
  } finally {
    await court.end();
  }
}

async function judgeOn(judge, programs) {
  const file = join(values.directory, 'observed', `${judge.fileSystem.name}.json`);
  const fixture = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const seen = new Map();
  let failed = 0;
  for (const program of programs) {
    const startMs = performance.now();
    try {
      const observation = await judge.observe(program, {
        seed: Number(values.seed),
        plainRuns: 2,
        nudgedRuns: Number(values.runs),
        cutsPerEpoch: Number(values.cuts),
      });
      const before = seenBefore(fixture, program);
      const fresh = observation.outcomes().filter((outcome) => !before.outcomes().includes(outcome));
      observation.merge(before);
      seen.set(program, observation);
      const profile = persistenceProfiles.get(judge.fileSystem.name);
      const illegal = profile === undefined ? [] : violations(program, observation, profile);
      for (const { outcome, acknowledged } of illegal) {
        failed++;
        console.error(
          `${judge.fileSystem.name} ${program.name}: VIOLATION after ${acknowledged} of ${program.run.length}: ${outcome}`,
        );
      }
      const atEnd = observation.outcomes(program.run.length).length;
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      console.log(
        `${judge.fileSystem.name} ${program.name}: ${atEnd} outcomes at its end, ${fresh.length} new, ` +
          `${observation.images} images, ${seconds} s`,
      );
    } catch (error) {
      failed++;
      console.error(`${judge.fileSystem.name} ${program.name}: ${error.message}`);
    }
    save(file, updated(fixture, judge.provenance, seen));
  }
  return failed;
}

function save(file, fixture) {
  mkdirSync(join(values.directory, 'observed'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(fixture, undefined, 2)}\n`);
}
