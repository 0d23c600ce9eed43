/** `powercut test`: pulls the plug on a target, and says what it lost. */
import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { whyNoFileSystem } from '../device/availability.ts';
import { realFileSystem } from '../device/real-file-system.ts';
import { renderJson } from '../report/json.ts';
import { startProgress } from '../report/progress.ts';
import type { Results } from '../report/results.ts';
import { renderScreen } from '../report/screen.ts';
import { terminalOf } from '../report/terminal.ts';
import { testDefaults } from '../run/options.ts';
import type { TestOptions } from '../run/options.ts';
import { requirePossible } from '../run/plan.ts';
import { runTest } from '../run/test.ts';
import { findTarget } from '../targets/catalogue.ts';
import { boxed } from './boxed.ts';
import { knownNames } from './catalogue.ts';
import { requireDirectoryOrAbsent } from './directories.ts';
import { formatDuration } from './duration.ts';
import { UnavailableError } from './errors.ts';
import { exitCodeOfVerdict } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import {
  capacityFlag,
  choiceFlag,
  durationFlag,
  fileSystemFlag,
  maxSeed,
  memoryFlag,
  namesFlag,
  pinFlag,
  profileFlag,
  settingsFlag,
  wholeFlag,
  writesFlag,
} from './flags.ts';
import { imageFlag } from './image-flag.ts';
import { toTestOptions } from './test-options.ts';
import type { TestFlags } from './test-options.ts';

const usual = testDefaults;
const concurrencyMax = 1_000;
const rateMax = 1_000_000;

export function addTest(program: Command, end: End): void {
  program
    .command('test')
    .summary('pull the plug on a target, and see what it loses')
    .description(
      'Runs a target on a disk that forgets, lets clients work, makes things go wrong, boots it again, and checks what was ' +
        'acknowledged against what came back. `powercut list` shows what there is to choose from.',
    )
    .argument('[target]', `a target, or ./driver: a program of your own (default: ${usual.target})`)
    .argument('[arguments...]', 'arguments of a driver; after -- where they begin with a dash')
    .option('--workload <name>', 'what clients do', usual.workload)
    .addOption(
      namesFlag('--nemesis', 'what goes wrong; several compose').default(usual.nemesis, '"power-cut"'),
    )
    .addOption(profileFlag(usual.profile))
    .addOption(imageFlag())
    .addOption(
      choiceFlag(
        '--fail-on',
        ['real', 'strict'],
        'under strict: fail by what a real file system can bring about, or by everything',
      ).default(usual.failOn),
    )
    .addOption(fileSystemFlag())
    .addOption(writesFlag())
    .addOption(
      choiceFlag(
        '--contract',
        ['documented', 'strict'],
        "judge by the vendor's promise, or ask for everything",
      ).default(usual.contract),
    )
    .addOption(settingsFlag('a setting of the target; repeatable'))
    .addOption(duration('--time', 'how long clients work', usual.timeMs))
    .addOption(duration('--interval', 'how often the nemesis strikes', usual.intervalMs))
    .addOption(
      wholeFlag('--concurrency', 'clients at work at the same time', 1, concurrencyMax).default(
        usual.concurrency,
      ),
    )
    .addOption(wholeFlag('--rate', 'ops a second, at most', 1, rateMax).default(usual.ratePerSecond))
    .addOption(wholeFlag('--seed', 'repeats the random choices of an earlier run', 0, maxSeed))
    .option('--store <directory>', 'where runs are stored', usual.store)
    .addOption(
      choiceFlag(
        '--stop-signal',
        ['SIGTERM', 'SIGKILL'],
        'ask for a clean stop before a cut, or do not',
      ).default(usual.stopSignal),
    )
    .addOption(duration('--stop-grace', 'how long a clean stop may take', usual.stopGraceMs))
    .addOption(duration('--op-timeout', 'how long a client waits for an answer', usual.opTimeoutMs))
    .addOption(pinFlag())
    .addOption(capacityFlag())
    .addOption(memoryFlag())
    .option('--cut-setup', 'put set-up at risk too, which is checkpointed otherwise')
    .addOption(
      choiceFlag(
        '--after-fatal',
        ['fresh', 'end'],
        'after a fatal finding go on with fresh data, or end',
      ).default(usual.afterFatal),
    )
    .option('--json', 'print results.json on stdout, and nothing else there')
    .action(
      async (
        target: string | undefined,
        words: string[],
        flags: TestFlags & { readonly json?: true },
        command: Command,
      ) => {
        const given = target === undefined ? [] : [target, ...words];
        const asked = withoutUsualProfile(flags, command);
        const options = toTestOptions(given, asked, knownNames(), () => randomInt(maxSeed + 1));
        requireDirectoryOrAbsent(options.store, '--store');
        requireFileSystem(options);
        await requireTarget(options);
        end(await boxed(() => test(options, flags.json === true)));
      },
    );
}

/** A profile that is only the default is nobody's wish. */
function withoutUsualProfile({ profile, ...flags }: TestFlags, command: Command): TestFlags {
  if (profile === undefined || command.getOptionValueSource('profile') !== 'cli') return flags;
  return { ...flags, profile };
}

function requireFileSystem({ fileSystem, nemesis }: TestOptions): void {
  if (fileSystem === undefined) return;
  requirePossible(fileSystem, nemesis);
  const why = whyNoFileSystem(realFileSystem(fileSystem)!);
  if (why !== undefined) throw new UnavailableError(why);
}

/** What is not there is told before anything is started. */
async function requireTarget({ target, driverArguments }: TestOptions): Promise<void> {
  const detected = await findTarget(target, driverArguments).detect();
  if (!detected.found) throw new UnavailableError(detected.sentence);
}

async function test(options: TestOptions, json: boolean): Promise<number> {
  const progress = startProgress(process.stderr, { totalMs: options.timeMs });
  progress.event(`seed ${String(options.seed)}`);
  const interrupt = new AbortController();
  const abort = () => interrupt.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, abort);
  let results: Results;
  try {
    results = await runTest(options, {
      progress,
      interrupted: interrupt.signal,
    });
  } finally {
    progress.done();
  }
  process.stdout.write(
    json ? renderJson(results) : renderScreen(results, terminalOf(process.stdout, process.env)),
  );
  return exitCodeOfVerdict(results.valid);
}

function duration(flag: string, about: string, usualMs: number) {
  return durationFlag(flag, about).default(usualMs, formatDuration(usualMs));
}
