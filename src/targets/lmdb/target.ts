/**
 * LMDB: the library lmdb for Node, embedded in one process that serves all clients. A process for each client can be asked for,
 * but its binding (3.5.6) does not bear several that write: docs/targets/lmdb.md.
 */
import { UnavailableError } from '../../machine/unavailable.ts';
import { DriverInstance } from '../driver/instance.ts';
import { reachablePath } from '../reachable.ts';
import { settingOf, startTimeout } from '../settings.ts';
import type { Setting, Target } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { lmdbContract } from './contract.ts';
import { detectLibrary, findLibrary } from './library.ts';
import { stageDriver } from './staging.ts';
import { lmdbUnsynced } from './unsynced.ts';

const yesNo = ['yes', 'no'] as const;

export const lmdbSettings: readonly Setting[] = [
  {
    name: 'sync',
    values: ['full', 'noMetaSync', 'noSync'],
    default: 'full',
    about: 'what a commit syncs',
  },
  {
    name: 'overlappingSync',
    values: yesNo,
    default: 'yes',
    about: 'whether a commit is synced after it was made visible, outside of the write lock',
  },
  {
    name: 'useWritemap',
    values: yesNo,
    default: 'no',
    about: 'whether pages are changed in a shared memory map instead of being written',
  },
  {
    name: 'mapAsync',
    values: yesNo,
    default: 'no',
    about: 'whether the map is synced without waiting for it',
  },
  {
    name: 'mapSize',
    default: 'auto',
    about: 'MiB of the memory map, a whole number; auto: it grows with the data',
  },
  {
    name: 'processes',
    values: ['shared', 'per-client'],
    default: 'shared',
    about: 'whether all clients share one process, or each has its own',
  },
  startTimeout,
];

export const lmdb: Target = {
  name: 'lmdb',
  about: 'LMDB, embedded, one process for all clients',
  settings: lmdbSettings,
  openSettings: false,
  workloads: ['set', 'sequence'],
  expectedUnsynced: lmdbUnsynced,
  documented: lmdbContract,
  detect: () => detectLibrary(),
  open(context) {
    checkMapSize(settingOf(context.settings, 'mapSize'));
    let driver: string | undefined;
    return new DriverInstance(context, {
      name: 'lmdb',
      declares: false,
      async prepare() {
        const { machine, runDirectory } = context;
        const directory = findLibrary();
        if (directory === undefined) throw new UnavailableError('lmdb is not installed: `npm install lmdb`');
        const command = await reachablePath(machine, process.execPath, runDirectory, false);
        driver ??= stageDriver(runDirectory, directory);
        return { command, args: [driver], env: {} };
      },
    });
  },
};

function checkMapSize(text: string): void {
  if (text === 'auto' || /^[1-9]\d{0,4}$/.test(text)) return;
  throw new UsageError(`mapSize: \`${text}\` is not a size; write a whole number of MiB, or auto`);
}
