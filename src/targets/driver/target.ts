/**
 * A driver of the user's own: any executable that speaks the driver protocol. What it is called, promises and leaves
 * un-synced is known once it has said hello (`declared` of the instance); until then it is judged as strict.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, dirname, resolve } from 'node:path';
import { searchPath } from '../../machine/tools.ts';
import { reachablePath } from '../reachable.ts';
import { startTimeout } from '../settings.ts';
import type { Target, TargetContext } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { silentDriver } from './hello.ts';
import { DriverInstance } from './instance.ts';
import type { Launch } from './process.ts';

/** Throws a UsageError when `path` is not a program. */
export function driverTarget(path: string, args: readonly string[]): Target {
  requireExecutable(path);
  const file = resolve(path);
  const name = basename(file);
  return {
    name,
    about: 'a driver of your own: one JSON object a line on stdin and stdout',
    settings: [startTimeout],
    openSettings: true,
    workloads: ['set'],
    expectedUnsynced: () => [],
    documented: () => silentDriver,
    detect: async () => ({ found: true, version: 'unknown', path: file }),
    open: (context) =>
      new DriverInstance(context, { name, declares: true, prepare: () => prepare(context, file, args) }),
  };
}

async function prepare(context: TargetContext, file: string, args: readonly string[]): Promise<Launch> {
  const { machine, runDirectory } = context;
  const command = await reachablePath(machine, file, runDirectory, true);
  // `#!/usr/bin/env node` finds the node that runs powercut, even where it lives in root's home.
  const node = await reachablePath(machine, process.execPath, runDirectory, false);
  const env = node === process.execPath ? {} : { PATH: `${dirname(node)}${delimiter}${searchPath()}` };
  // Mounted for the machine alone: only a program in the machine can see it there, and start it.
  if (command !== file) return { command: 'env', args: [command, ...args], env };
  return { command, args, env };
}

function requireExecutable(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`there is no driver ${path}: name an executable file`);
  }
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new UsageError(`the driver ${path} is not executable: chmod +x ${path}`);
  }
  if (!statSync(path).isFile())
    throw new UsageError(`the driver ${path} is not a file: name an executable file`);
}
