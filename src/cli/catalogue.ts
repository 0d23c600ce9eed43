/** Every name that can be asked for, gathered from the catalogues below. The command line must know no name by itself. */
import { profiles } from '../disk/profiles/catalogue.ts';
import { nemeses } from '../nemeses/catalogue.ts';
import { targets } from '../targets/catalogue.ts';
import type { Target } from '../targets/target.ts';
import { workloads } from '../workloads/catalogue.ts';
import type { KnownNames } from './test-options.ts';

export interface Catalogue {
  readonly targets: readonly Pick<Target, 'name' | 'about' | 'settings' | 'openSettings' | 'workloads'>[];
  readonly workloads: readonly Named[];
  readonly nemeses: readonly Named[];
  readonly profiles: readonly Named[];
}

export interface Named {
  readonly name: string;
  readonly about: string;
}

export function catalogue(): Catalogue {
  return {
    targets: [...targets.values()].map(({ name, about, settings, openSettings, workloads: runs }) => ({
      name,
      about,
      settings,
      openSettings,
      workloads: runs,
    })),
    workloads: [...workloads.values()].map(named),
    nemeses: [...nemeses.values()].map(named),
    profiles: [...profiles.values()].map(named),
  };
}

export function knownNames(): KnownNames {
  const all = catalogue();
  const names = (entries: readonly Named[]) => entries.map((entry) => entry.name);
  return {
    targets: all.targets,
    workloads: names(all.workloads),
    nemeses: names(all.nemeses),
    profiles: names(all.profiles),
  };
}

function named({ name, about }: Named): Named {
  return { name, about };
}
