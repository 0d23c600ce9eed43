/** Every target there is, by name; and how a target is found from what a user calls it. */
import { accessSync, constants, statSync } from 'node:fs';
import { clogdb } from './clogdb/target.ts';
import { driverTarget } from './driver/target.ts';
import { lmdb } from './lmdb/target.ts';
import { postgres } from './postgres/target.ts';
import { redis } from './redis/target.ts';
import { spacetimedb } from './spacetimedb/target.ts';
import { sqlite } from './sqlite/target.ts';
import type { Target } from './target.ts';
import { UsageError } from './usage-error.ts';

export const targets: ReadonlyMap<string, Target> = new Map(
  [sqlite, postgres, redis, lmdb, spacetimedb, clogdb].map((target) => [target.name, target]),
);

/** A built-in target, or a driver: a name with a slash, or of an executable file. Throws a UsageError. */
export function findTarget(name: string, args: readonly string[] = []): Target {
  const target = targets.get(name);
  if (target !== undefined) {
    if (args.length === 0) return target;
    throw new UsageError(`target \`${name}\` takes no arguments, got \`${args.join(' ')}\``);
  }
  if (name.includes('/') || isExecutableFile(name)) return driverTarget(name, args);
  const known = [...targets.keys()].join(', ');
  throw new UsageError(`unknown target \`${name}\` (known: ${known}; a driver of your own: ./${name})`);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
