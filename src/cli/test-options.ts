/**
 * From the words of `powercut test …` to TestOptions: every name looked up, every number checked, defaults filled in. Pure:
 * it must never look at the computer, so that a wrong command line is told before anything is started.
 */
import { largestSizeBytes } from '../device/file-system-disk.ts';
import { realFileSystem, type RealFileSystemName } from '../device/real-file-system.ts';
import type { CutChoice } from '../mount/selection.ts';
import type { Setting } from '../targets/target.ts';
import { testDefaults } from '../run/options.ts';
import type { TestOptions } from '../run/options.ts';
import { UsageError } from './errors.ts';
import { roomOf } from './flags.ts';
import type { RoomFlags } from './flags.ts';
import { repeatCommand } from './repeat-command.ts';
import { formatSizeExactly } from './size.ts';
import { unknownName } from './suggest.ts';

/** What commander hands over: values that option parsers have already made. */
export interface TestFlags extends RoomFlags {
  readonly workload?: string;
  readonly nemesis?: readonly string[];
  /** Absent unless it was given: beside a real file system it is a contradiction. */
  readonly profile?: string;
  readonly image?: CutChoice;
  readonly failOn?: TestOptions['failOn'];
  readonly filesystem?: RealFileSystemName;
  readonly writes?: TestOptions['writes'];
  readonly contract?: 'documented' | 'strict';
  readonly time?: number;
  readonly interval?: number;
  readonly concurrency?: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly store?: string;
  readonly stopGrace?: number;
  readonly stopSignal?: 'SIGTERM' | 'SIGKILL';
  readonly opTimeout?: number;
  readonly set?: Readonly<Record<string, string>>;
  readonly pin?: readonly string[];
  readonly cutSetup?: boolean;
  readonly afterFatal?: 'fresh' | 'end';
}

/** The names that can be asked for. */
export interface KnownNames {
  readonly targets: readonly KnownTarget[];
  readonly workloads: readonly string[];
  readonly nemeses: readonly string[];
  readonly profiles: readonly string[];
}

export interface KnownTarget {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly openSettings: boolean;
  readonly workloads: readonly string[];
}

/** `randomSeed` is used where none was given: chance enters here and nowhere else. */
export function toTestOptions(
  words: readonly string[],
  flags: TestFlags,
  known: KnownNames,
  randomSeed: () => number,
): TestOptions {
  const [target = testDefaults.target, ...driverArguments] = words;
  const found = findTarget(target, driverArguments, known);
  const workload = flags.workload ?? testDefaults.workload;
  checkName('workload', workload, known.workloads);
  if (found !== undefined && !found.workloads.includes(workload)) {
    throw new UsageError(
      `target \`${target}\` does not run the workload \`${workload}\` (it runs: ${found.workloads.join(', ')})`,
    );
  }
  const nemesis = flags.nemesis ?? testDefaults.nemesis;
  for (const name of nemesis) checkName('nemesis', name, known.nemeses);
  const profile = flags.profile ?? testDefaults.profile;
  checkName('profile', profile, known.profiles);
  const fileSystem = flags.filesystem;
  if (fileSystem !== undefined) requireReal(fileSystem, flags);
  const failOn = flags.failOn ?? testDefaults.failOn;
  if (failOn === 'strict' && profile !== 'strict')
    throw new UsageError(
      `--fail-on strict goes with --profile strict: a run under ${profile} fails by ${profile}`,
    );
  const options = {
    target,
    driverArguments,
    settings: checkSettings(target, found, flags.set ?? {}),
    workload,
    nemesis,
    profile,
    image: flags.image ?? testDefaults.image,
    failOn,
    ...(fileSystem === undefined ? {} : { fileSystem }),
    writes: flags.writes ?? testDefaults.writes,
    room: roomOf(flags),
    contract: flags.contract ?? testDefaults.contract,
    timeMs: flags.time ?? testDefaults.timeMs,
    intervalMs: flags.interval ?? testDefaults.intervalMs,
    concurrency: flags.concurrency ?? testDefaults.concurrency,
    ratePerSecond: flags.rate ?? testDefaults.ratePerSecond,
    seed: flags.seed ?? randomSeed(),
    store: flags.store ?? testDefaults.store,
    stopGraceMs: flags.stopGrace ?? testDefaults.stopGraceMs,
    stopSignal: flags.stopSignal ?? testDefaults.stopSignal,
    opTimeoutMs: flags.opTimeout ?? testDefaults.opTimeoutMs,
    pins: flags.pin ?? testDefaults.pins,
    cutSetup: flags.cutSetup ?? testDefaults.cutSetup,
    afterFatal: flags.afterFatal ?? testDefaults.afterFatal,
  };
  return { ...options, command: repeatCommand(options) };
}

/** What is for a disk of our own means nothing on a real file system. */
function requireReal(
  fileSystem: RealFileSystemName,
  { profile, failOn, writes, pin, capacity }: TestFlags,
): void {
  const beside = (flag: string, why: string) =>
    new UsageError(`${flag} and --filesystem ${fileSystem} exclude each other: ${why}`);
  if (profile !== undefined)
    throw beside(`--profile ${profile}`, 'a real file system follows its own rules; leave out one of them');
  if (failOn === 'strict') throw beside('--fail-on strict', 'what fails there fails on a real file system');
  if (writes === 'cached')
    throw beside('--writes cached', 'the kernel keeps writes back on a real file system anyway');
  if (pin !== undefined && pin.length > 0)
    throw beside('--pin', 'a real file system makes nothing durable by its name');
  const smallest = realFileSystem(fileSystem)?.sizeBytes ?? 0;
  if (capacity !== undefined && (capacity < smallest || capacity > largestSizeBytes))
    throw new UsageError(
      `--capacity: a real ${fileSystem} has from ${formatSizeExactly(smallest)} to ${formatSizeExactly(largestSizeBytes)} here`,
    );
}

/** A driver is told by its slash, as a shell tells a program from a name on PATH. */
export function isDriver(target: string): boolean {
  return target.includes('/');
}

function findTarget(
  target: string,
  driverArguments: readonly string[],
  known: KnownNames,
): KnownTarget | undefined {
  if (isDriver(target)) return undefined;
  const found = known.targets.find((candidate) => candidate.name === target);
  if (found === undefined) {
    const names = known.targets.map((candidate) => candidate.name);
    const { message } = unknownName('target', target, names);
    throw new UsageError(`${message}; a driver of your own is named with a slash: ./${target}`);
  }
  if (driverArguments.length > 0) {
    throw new UsageError(
      `target \`${target}\` takes no arguments, got \`${driverArguments.join(' ')}\`; settings are given with --set name=value`,
    );
  }
  return found;
}

function checkName(kind: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw unknownName(kind, name, known);
}

/** Settings go to drivers unchecked; a target's own are looked up, their values in any case. */
function checkSettings(
  target: string,
  found: KnownTarget | undefined,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (found === undefined) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const setting = found.settings.find((candidate) => candidate.name === name);
      if (setting === undefined) {
        if (found.openSettings) return [name, value];
        const names = found.settings.map((candidate) => candidate.name);
        throw unknownName(`setting of ${target}`, name, names);
      }
      return [name, checkValue(target, setting, value)];
    }),
  );
}

function checkValue(target: string, setting: Setting, value: string): string {
  if (setting.values === undefined) return value;
  const found = setting.values.find((allowed) => allowed.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw unknownName(`value of ${target}'s ${setting.name}`, value, setting.values);
  return found;
}
