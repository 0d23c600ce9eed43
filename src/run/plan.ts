/** What a run needs, looked up by name: a target with its settings, a workload, nemeses. Throws a UsageError's sentence. */
import { profiles } from '../disk/profiles/catalogue.ts';
import type { CutChoice } from '../mount/selection.ts';
import { nemeses } from '../nemeses/catalogue.ts';
import type { Nemesis } from '../nemeses/nemesis.ts';
import { findTarget } from '../targets/catalogue.ts';
import { resolveSettings } from '../targets/settings.ts';
import type { Settings, Target } from '../targets/target.ts';
import { UsageError } from '../targets/usage-error.ts';
import { workloads } from '../workloads/catalogue.ts';
import type { Workload } from '../workloads/workload.ts';
import type { TestOptions } from './options.ts';

/** What a stored run is judged by; its target need not be there any more. */
export interface Judges {
  readonly workload: Workload;
  readonly nemeses: readonly Nemesis[];
}

export interface Plan extends Judges {
  readonly target: Target;
  readonly settings: Settings;
}

type Asked = Pick<
  TestOptions,
  'target' | 'driverArguments' | 'settings' | 'workload' | 'nemesis' | 'profile' | 'fileSystem' | 'image'
>;

export function makePlan(options: Asked): Plan {
  const target = findTarget(options.target, options.driverArguments);
  const settings = resolveSettings(target, options.settings);
  const judges = findJudges(options);
  if (!target.workloads.includes(judges.workload.name)) {
    throw new UsageError(
      `target \`${target.name}\` does not run the workload \`${judges.workload.name}\` (it runs: ${target.workloads.join(', ')})`,
    );
  }
  known('profile', options.profile, profiles);
  requirePossible(options.fileSystem, options.nemesis);
  requireCut(options.image, judges.nemeses);
  return { target, settings, ...judges };
}

/** The kernel does not take back what a living program wrote. */
export function requirePossible(fileSystem: string | undefined, chosen: readonly string[]): void {
  const impossible = chosen.find((name) => nemeses.get(name)?.needsOwnDisk === true);
  if (fileSystem === undefined || impossible === undefined) return;
  throw new UsageError(
    `nemesis \`${impossible}\` does not work on a real ${fileSystem}: nothing can be taken from it while programs live; leave out --filesystem, or take \`power-cut\``,
  );
}

/** A choice of images that nobody makes would stand in the verdict as if it had been tried. */
function requireCut(image: CutChoice, chosen: readonly Nemesis[]): void {
  const cuts = ({ tests, needsOwnDisk }: Nemesis) => tests === 'power-loss' && needsOwnDisk !== true;
  if (image === 'lose-all' || chosen.some(cuts)) return;
  const cutting = [...nemeses.values()].filter(cuts).map(({ name }) => name);
  throw new UsageError(
    `--image says what a power cut keeps, and ${chosen.map(({ name }) => `\`${name}\``).join(', ')} cuts no power (${cutting.join(', ')} do)`,
  );
}

export function findJudges({ workload, nemesis }: Pick<TestOptions, 'workload' | 'nemesis'>): Judges {
  if (nemesis.length === 0) {
    throw new UsageError(`a run needs a nemesis (known: ${[...nemeses.keys()].join(', ')})`);
  }
  return {
    workload: known('workload', workload, workloads),
    nemeses: nemesis.map((name) => known('nemesis', name, nemeses)),
  };
}

function known<Value>(kind: string, name: string, catalogue: ReadonlyMap<string, Value>): Value {
  const value = catalogue.get(name);
  if (value !== undefined) return value;
  throw new UsageError(`unknown ${kind} \`${name}\` (known: ${[...catalogue.keys()].join(', ')})`);
}
