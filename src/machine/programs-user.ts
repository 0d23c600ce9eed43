/**
 * Who programs in a machine run as: an unprivileged user with no way up. As root that is nobody; without root it is the user
 * who called powercut, in a user namespace of the program's own, where it has no rights over powercut's.
 */
import { spawnSync } from 'node:child_process';
import { soleOwner, soleUser, type SoleUser } from '../mount/sole-user.ts';
import { searchPath, toolFile } from './tools.ts';

export interface ProgramsUser {
  readonly uid: number;
  readonly gid: number;
}

const nobody = { uid: 65534, gid: 65534 } as const;

/** In powercut's own numbers: who must own what programs write to. */
export function programsUser(): ProgramsUser {
  return soleUser() === undefined ? nobody : soleOwner;
}

/** Words that, put before a command of powercut's, make it the user's. */
export function becoming({ uid, gid }: ProgramsUser): string[] {
  const sole = soleUser();
  if (sole !== undefined) return becomingCaller(hasAccount(sole.uid) ? sole : nobody);
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return [toolFile('setpriv'), ...identity, ...withoutPrivileges, '--'];
}

/** The same where there is one user only, by the numbers that it is to have. */
export function becomingCaller({ uid, gid }: SoleUser): string[] {
  const identity = ['--user', `--map-user=${uid}`, `--map-group=${gid}`];
  return [toolFile('unshare'), ...identity, toolFile('setpriv'), ...withoutPrivileges, '--'];
}

const withoutPrivileges = ['--no-new-privs', '--inh-caps=-all'];

const accounts = new Map<number, boolean>();

/** Servers refuse to run as a user without a name, as containers make them. */
function hasAccount(uid: number): boolean {
  const known = accounts.get(uid);
  if (known !== undefined) return known;
  const { status } = spawnSync('getent', ['passwd', String(uid)], {
    env: { PATH: searchPath() },
    stdio: 'ignore',
    timeout: 5_000,
  });
  // 2: it looked, and there is none.
  accounts.set(uid, status !== 2);
  return status !== 2;
}
