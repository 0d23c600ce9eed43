/** SQLite: the real library in processes of its own, one for each client, as programs that embed it would run. */
import { spawn } from 'node:child_process';
import { builtFile } from '../built-file.ts';
import { DriverInstance } from '../driver/instance.ts';
import { reachablePath } from '../reachable.ts';
import { startTimeout } from '../settings.ts';
import type { Detected, Target } from '../target.ts';
import { sqliteContract } from './contract.ts';
import { stageDriver } from './staging.ts';
import { sqliteUnsynced } from './unsynced.ts';

export const sqlite: Target = {
  name: 'sqlite',
  about: 'SQLite, embedded, one process a client',
  settings: [
    {
      name: 'journal_mode',
      values: ['DELETE', 'TRUNCATE', 'PERSIST', 'WAL'],
      default: 'WAL',
      about: 'how commits are made atomic: a rollback journal or a write-ahead log',
    },
    {
      name: 'synchronous',
      values: ['OFF', 'NORMAL', 'FULL', 'EXTRA'],
      default: 'FULL',
      about: 'how much is synced, and when',
    },
    {
      name: 'busy_timeout',
      default: '4000',
      about: 'milliseconds that a client waits for a lock; below the op time-out, or ops end as unknown',
    },
    {
      name: 'wal_autocheckpoint',
      default: '1000',
      about: 'pages in the log that start a checkpoint; 0: never',
    },
    startTimeout,
  ],
  openSettings: false,
  workloads: ['set'],
  expectedUnsynced: sqliteUnsynced,
  documented: sqliteContract,
  detect,
  open(context) {
    let driver: string | undefined;
    return new DriverInstance(context, {
      name: 'sqlite',
      declares: false,
      async prepare() {
        const command = await reachablePath(context.machine, process.execPath, context.runDirectory, false);
        driver ??= stageDriver(context.runDirectory);
        return { command, args: [driver], env: {} };
      },
    });
  },
};

/** In a process of its own: powercut itself never loads the library. */
function detect(): Promise<Detected> {
  const path = builtFile('targets/sqlite/driver.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path, '--version'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let version = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (version += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', (error) => (errors += error.message));
    child.once('close', (code) => {
      if (code === 0) return resolve({ found: true, version: version.trim(), path });
      const said = errors.split('\n').find((line) => /error/i.test(line)) ?? errors.trim();
      resolve({
        found: false,
        sentence: `SQLite cannot be loaded on this computer: ${said}; reinstall powercut's dependencies (npm ci)`,
      });
    });
  });
}
