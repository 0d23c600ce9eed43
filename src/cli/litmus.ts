/**
 * `powercut litmus FILE`: what a power cut may leave of a short list of file operations, by each profile; and, as root, what it
 * does leave on real file systems.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import type { PersistenceProfile } from '../disk/persistence/profile.ts';
import { convene, whyNot } from '../judge/court.ts';
import type { Judge, Provenance } from '../judge/judge.ts';
import { realFileSystems, type RealFileSystem } from '../device/real-file-system.ts';
import { violations } from '../judge/violations.ts';
import { allowedOutcomes } from '../litmus/allowed.ts';
import { LegalOutcomes } from '../litmus/legal.ts';
import { LitmusError, parseProgram } from '../litmus/parse.ts';
import { patternAllowed, patternLimit } from '../litmus/pattern-allowed.ts';
import { printPattern } from '../litmus/pattern.ts';
import type { Program } from '../litmus/program.ts';
import { boxed } from './boxed.ts';
import { UnavailableError, UsageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { maxSeed, namesFlag, wholeFlag } from './flags.ts';
import { printJson, printLine, tell } from './output.ts';
import { unknownName } from './suggest.ts';

interface Flags {
  readonly profile?: readonly string[];
  readonly filesystem?: readonly string[];
  readonly seed: number;
  readonly limit: number;
  readonly json?: true;
}

/** Enough to see each outcome of a program of a few ops; `npm run litmus` looks longer. */
const cutsPerEpoch = 12;
const nudgedRuns = 2;
const none = 'none';

/** What the file says and the profiles do not bear out. */
interface Doubts {
  readonly disagreements: readonly string[];
  readonly undecided: readonly string[];
}

interface Observed extends Provenance {
  readonly images: number;
  /** At the end, with everything acknowledged; and whether the profile of that name allows it. */
  readonly outcomes: readonly { readonly outcome: string; readonly allowed: boolean }[];
}

export function addLitmus(program: Command, end: End): void {
  program
    .command('litmus')
    .summary('what a power cut may leave of a few file operations, by each profile and on real file systems')
    .description(
      'Says which outcomes each profile allows at the end of a litmus program (docs/litmus.md), and checks what the file says of them. ' +
        'As root it also runs the program on real ext4, XFS and btrfs, pulls the plug at many instants, and says what was there ' +
        'after the recovery. Exits 1 when a profile and the file, or a file system and its profile, disagree.',
    )
    .argument('<file>', 'a litmus program')
    .addOption(namesFlag('--profile', 'only these profiles'))
    .addOption(namesFlag('--filesystem', 'only these real file systems; `none`: no real ones'))
    .addOption(wholeFlag('--seed', 'which power cuts are tried', 0, maxSeed).default(1))
    .addOption(wholeFlag('--limit', 'outcomes shown of each profile', 1, 10_000).default(20))
    .option('--json', 'print one JSON object: {program, profiles, disagreements, observed}')
    .action(async (file: string, flags: Flags) => {
      const parsed = readProgram(file);
      const profiles = chosenProfiles(flags.profile);
      const fileSystems = chosenFileSystems(flags.filesystem);
      const work = (): Promise<number> => examine(parsed, profiles, fileSystems, flags);
      end(await (fileSystems.length === 0 ? work() : boxed(work)));
    });
}

function readProgram(file: string): Program {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`litmus: cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    const program = parseProgram(basename(file).replace(/\.litmus$/, ''), text);
    // Programs that could not run are refused before anything is mounted.
    new LegalOutcomes(program);
    for (const { profiles } of program.assertions) for (const name of profiles) profileOf(name);
    return program;
  } catch (error) {
    if (error instanceof LitmusError) throw new UsageError(`litmus: ${error.message}`);
    throw error;
  }
}

function chosenProfiles(names: readonly string[] = [...persistenceProfiles.keys()]): PersistenceProfile[] {
  return names.map(profileOf);
}

function profileOf(name: string): PersistenceProfile {
  const profile = persistenceProfiles.get(name);
  if (profile === undefined) throw unknownName('profile', name, [...persistenceProfiles.keys()]);
  return profile;
}

/** Those that were asked for must be there; without a word, those that can judge here. */
function chosenFileSystems(names: readonly string[] | undefined): RealFileSystem[] {
  const known = realFileSystems.map(({ name }) => name);
  const unknown = names?.find((name) => name !== none && !known.some((each) => each === name));
  if (unknown !== undefined) throw unknownName('file system', unknown, [...known, none]);
  const chosen = realFileSystems.filter(({ name }) => names === undefined || names.includes(name));
  return chosen.filter((fileSystem) => {
    const why = whyNot(fileSystem);
    if (why !== undefined && names !== undefined)
      throw new UnavailableError(`cannot run on ${fileSystem.name}: ${why}`);
    if (why !== undefined && names === undefined) tell(`not run on real ${fileSystem.name}: ${why}`);
    return why === undefined;
  });
}

async function examine(
  program: Program,
  profiles: readonly PersistenceProfile[],
  fileSystems: readonly RealFileSystem[],
  flags: Flags,
): Promise<number> {
  const allowed = profiles.map((profile) => ({
    profile: profile.name,
    ...allowedOutcomes(program, profile, flags.limit),
  }));
  const { disagreements, undecided } = assertionsThatFail(program, profiles);
  const observed = fileSystems.length === 0 ? [] : await observe(program, fileSystems, flags.seed);
  if (flags.json) printJson({ program: program.name, profiles: allowed, disagreements, undecided, observed });
  else {
    for (const { profile, outcomes, complete } of allowed) {
      const count = `${outcomes.length}${complete ? '' : ' or more'}`;
      printLine(`${profile} allows ${count}:`);
      for (const outcome of outcomes) printLine(`  ${outcome}`);
    }
    for (const { fileSystem, kernel, images, outcomes } of observed) {
      printLine(`real ${fileSystem} (Linux ${kernel}) left, in ${images} power cuts:`);
      for (const { outcome, allowed: isAllowed } of outcomes) {
        printLine(`  ${outcome}${isAllowed ? '' : `  <- which the profile ${fileSystem} does not allow`}`);
      }
    }
    for (const sentence of [...disagreements, ...undecided]) printLine(sentence);
  }
  const isRefuted = observed.some(({ outcomes }) => outcomes.some(({ allowed: isAllowed }) => !isAllowed));
  if (disagreements.length > 0 || isRefuted) return exitCodes.invalid;
  return undecided.length > 0 ? exitCodes.unknown : exitCodes.valid;
}

function assertionsThatFail(program: Program, profiles: readonly PersistenceProfile[]): Doubts {
  const disagreements: string[] = [];
  const undecided: string[] = [];
  for (const { kind, profiles: names, pattern } of program.assertions) {
    for (const profile of profiles.filter(({ name }) => names.includes(name))) {
      const said = `\`${kind} ${profile.name}: ${printPattern(pattern)}\``;
      const isAllowed = patternAllowed(program, profile, pattern);
      if (isAllowed === 'unknown') {
        undecided.push(
          `${said} is undecided: none of the first ${patternLimit} outcomes that ${profile.name} allows matches, and there are more; write the whole outcome`,
        );
      } else if (isAllowed !== (kind === 'allow')) {
        const does = kind === 'allow' ? 'forbids' : 'allows';
        disagreements.push(`the file says ${said}, but ${profile.name} ${does} it`);
      }
    }
  }
  return { disagreements, undecided };
}

async function observe(
  program: Program,
  fileSystems: readonly RealFileSystem[],
  seed: number,
): Promise<Observed[]> {
  const court = await convene(fileSystems.map(({ name }) => name));
  try {
    return await Promise.all(court.judges.map((judge) => observeOn(judge, program, seed)));
  } finally {
    await court.end();
  }
}

async function observeOn(judge: Judge, program: Program, seed: number): Promise<Observed> {
  const { name } = judge.fileSystem;
  const observation = await judge.observe(program, { seed, plainRuns: 2, nudgedRuns, cutsPerEpoch });
  const illegal = new Set(violations(program, observation, profileOf(name)).map(({ outcome }) => outcome));
  const outcomes = observation.outcomes(program.run.length);
  return {
    ...judge.provenance,
    images: observation.images,
    outcomes: outcomes.map((outcome) => ({ outcome, allowed: !illegal.has(outcome) })),
  };
}
