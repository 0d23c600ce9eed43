// Random litmus programs on real ext4, XFS and btrfs, held against the profiles: `npm run litmus:random -- --programs 2000 --seed 1`.
// A violation, an outcome that the file system's profile does not allow, is shrunk to a minimal program, printed, and written into
// store/litmus/. Progress is shown; `--from N` goes on where a run ended. `--file-system NAME` (repeatable), `--cuts N` images
// between two flushes, `--stop N` ends after so many violations on one file system. Root only. Exits 1 on a violation.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { persistenceProfiles } from '../../dist/disk/persistence/catalogue.js';
import { convene } from '../../dist/judge/court.js';
import { ProgramError } from '../../dist/judge/judge.js';
import { randomProgram } from '../../dist/judge/random-programs.js';
import { shrink } from '../../dist/judge/shrink.js';
import { violations } from '../../dist/judge/violations.js';
import { printProgram } from '../../dist/litmus/print.js';
import { enterBox, inBox } from '../../dist/machine/box.js';

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    cuts: { type: 'string', default: '6' },
    stop: { type: 'string', default: '20' },
    'file-system': { type: 'string', multiple: true, default: ['ext4', 'xfs', 'btrfs'] },
  },
});
const [programs, seed, from, cuts, stop] = ['programs', 'seed', 'from', 'cuts', 'stop'].map((name) => {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`litmus:random: --${name} wants a whole number, not ${values[name]}`);
  process.exit(254);
});
const progressEveryMs = 10_000;

try {
  process.exitCode = inBox() ? await judgeAll() : await enterBox();
} catch (error) {
  console.error(`litmus:random: ${error.message}`);
  process.exitCode = 255;
}

async function judgeAll() {
  const court = await convene(values['file-system']);
  try {
    const found = await Promise.all(court.judges.map(judgeOn));
    return found.some((count) => count > 0) ? 1 : 0;
  } finally {
    await court.end();
  }
}

async function judgeOn(judge) {
  const { name } = judge.fileSystem;
  const profile = persistenceProfiles.get(name);
  if (profile === undefined) throw new Error(`there is no profile ${name}`);
  const total = { programs: 0, images: 0, outcomes: 0, violations: 0, refused: 0 };
  const startMs = performance.now();
  let saidMs = startMs;
  const say = (next) => {
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.log(
      `${name}: ${total.programs} programs, ${total.images} images, ${total.outcomes} outcomes, ` +
        `${total.violations} violations, ${total.refused} refused, ${seconds} s; go on with --seed ${seed} --from ${next}`,
    );
    saidMs = performance.now();
  };
  for (let number = from; number < programs && total.violations < stop; number++) {
    const program = randomProgram(seed, number);
    const observation = await observe(judge, program, cuts).catch((error) => {
      if (!(error instanceof ProgramError)) throw error;
      total.refused++;
      console.log(`${name}: ${error.message}`);
    });
    if (observation === undefined) continue;
    total.programs++;
    total.images += observation.images;
    total.outcomes += observation.outcomes().length;
    const [violation] = violations(program, observation, profile);
    if (violation !== undefined) {
      total.violations++;
      await tell(judge, program, violation, profile);
    }
    if (performance.now() - saidMs > progressEveryMs) say(number + 1);
  }
  say(programs);
  return total.violations;
}

function observe(judge, program, cutsPerEpoch) {
  return judge.observe(program, { seed, plainRuns: 0, nudgedRuns: 1, cutsPerEpoch });
}

/** Shrinks with more cuts, so that a smaller program is not passed over by chance. */
async function tell(judge, program, violation, profile) {
  const { name } = judge.fileSystem;
  console.log(`${name}: ${program.name}: after ${violation.acknowledged}: ${violation.outcome}`);
  let last = violation;
  const smallest = await shrink(program, async (candidate) => {
    const [shown] = violations(candidate, await observe(judge, candidate, cuts * 4), profile);
    last = shown ?? last;
    return shown !== undefined;
  });
  const text =
    `# ${name} left, after ${last.acknowledged} of ${smallest.run.length} statements: ${last.outcome}\n` +
    `# from ${program.name}\n${printProgram(smallest)}`;
  mkdirSync('store/litmus', { recursive: true });
  writeFileSync(`store/litmus/${name}-${program.name}.litmus`, text);
  console.log(text.replace(/^/gm, '    '));
}
