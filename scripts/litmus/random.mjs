// Random litmus programs on real ext4, XFS and btrfs, held against the profiles: `npm run litmus:random -- --programs 2000 --seed 1`.
// What was seen is kept in store/litmus/random/, so that the same command goes on where a run ended and holds what it finds there
// against the profiles as they are now; `--recheck` does only that, and needs no root. A violation, an outcome that the file
// system's profile does not allow, is shrunk once to a minimal program, printed, and written into store/litmus/.
// `--file-system NAME` (repeatable), `--cuts N` images between two flushes, `--stop N` ends after so many violations on one file
// system. Exits 1 on a violation, 2 when `--recheck` finds fewer than all the programs.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { persistenceProfiles } from '../../dist/disk/persistence/catalogue.js';
import { convene } from '../../dist/judge/court.js';
import { ProgramError } from '../../dist/judge/judge.js';
import { ObservationStore } from '../../dist/judge/observation-store.js';
import { randomProgram } from '../../dist/judge/random-programs.js';
import { shrink } from '../../dist/judge/shrink.js';
import { violations } from '../../dist/judge/violations.js';
import { printProgram } from '../../dist/litmus/print.js';
import { enterBox, inBox } from '../../dist/machine/box.js';

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    cuts: { type: 'string', default: '6' },
    stop: { type: 'string', default: '20' },
    recheck: { type: 'boolean', default: false },
    'file-system': { type: 'string', multiple: true, default: ['ext4', 'xfs', 'btrfs'] },
  },
});
const [programs, seed, cuts, stop] = ['programs', 'seed', 'cuts', 'stop'].map((name) => {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`litmus:random: --${name} wants a whole number, not ${values[name]}`);
  process.exit(254);
});
const progressEveryMs = 10_000;

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
  const profile = profileOf(name);
  const store = ObservationStore.open(storeFile(name), { ...judge.provenance, seed, cutsPerEpoch: cuts });
  const tally = new Tally(name);
  for (let number = 0; number < programs && tally.violations < stop; number++) {
    const program = randomProgram(seed, number);
    let observation = store.get(number, program);
    if (observation === undefined) {
      try {
        observation = await observe(judge, program, cuts);
      } catch (error) {
        if (!(error instanceof ProgramError)) throw error;
        tally.refused++;
        console.log(`${name}: ${error.message}`);
        continue;
      }
      store.add(number, program, observation);
      tally.fresh++;
    }
    const violation = tally.judged(program, observation, profile);
    if (violation !== undefined && !existsSync(minimalFile(name, program)))
      await minimize(judge, program, violation, profile);
    tally.progress();
  }
  tally.say();
  return tally.violations;
}

/** Holds what earlier runs saw against the profiles of today. */
function recheck() {
  let worst = 0;
  for (const name of values['file-system']) {
    const profile = profileOf(name);
    const store = ObservationStore.read(storeFile(name));
    const tally = new Tally(name);
    for (let number = 0; number < programs; number++) {
      const program = randomProgram(seed, number);
      const observation = store.get(number, program);
      if (observation !== undefined) tally.judged(program, observation, profile);
    }
    tally.say();
    if (tally.violations > 0) worst = 1;
    else if (tally.programs < programs && worst === 0) worst = 2;
  }
  return worst;
}

/** What was judged so far, and its words for people. */
class Tally {
  programs = 0;
  images = 0;
  outcomes = 0;
  violations = 0;
  refused = 0;
  /** Seen in this run, and not before. */
  fresh = 0;
  #startMs = performance.now();
  #saidMs = performance.now();

  constructor(name) {
    this.name = name;
  }

  /** The first violation of the program, told; undefined for none. */
  judged(program, observation, profile) {
    this.programs++;
    this.images += observation.images;
    this.outcomes += observation.outcomes().length;
    const [violation] = violations(program, observation, profile);
    if (violation === undefined) return undefined;
    this.violations++;
    console.log(`${this.name}: ${program.name}: after ${violation.acknowledged}: ${violation.outcome}`);
    return violation;
  }

  progress() {
    if (performance.now() - this.#saidMs > progressEveryMs) this.say();
  }

  say() {
    const seconds = Math.round((performance.now() - this.#startMs) / 1000);
    console.log(
      `${this.name}: ${this.programs} of ${programs} programs of seed ${seed} (${this.fresh} now), ${this.images} images, ` +
        `${this.outcomes} outcomes, ${this.violations} violations, ${this.refused} refused, ${seconds} s`,
    );
    this.#saidMs = performance.now();
  }
}

function observe(judge, program, cutsPerEpoch) {
  return judge.observe(program, { seed, plainRuns: 0, nudgedRuns: 1, cutsPerEpoch });
}

/** Shrinks with more cuts, so that a smaller program is not passed over by chance. */
async function minimize(judge, program, violation, profile) {
  const { name } = judge.fileSystem;
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
  writeFileSync(minimalFile(name, program), text);
  console.log(text.replace(/^/gm, '    '));
}

function minimalFile(fileSystem, program) {
  return `store/litmus/${fileSystem}-${program.name}.litmus`;
}

function storeFile(fileSystem) {
  return `store/litmus/random/${fileSystem}-${seed}.jsonl`;
}

function profileOf(fileSystem) {
  const profile = persistenceProfiles.get(fileSystem);
  if (profile === undefined) throw new Error(`there is no profile ${fileSystem}`);
  return profile;
}

try {
  if (values.recheck) process.exitCode = recheck();
  else process.exitCode = inBox() ? await judgeAll() : await enterBox();
} catch (error) {
  console.error(`litmus:random: ${error.message}`);
  process.exitCode = 255;
}
