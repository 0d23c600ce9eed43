/**
 * Who programs in a machine run as: an unprivileged user with no way up. As root that is nobody; without root it is the user
 * who called powercut, in a user namespace of the program's own, where it has no rights over powercut's.
 */
import { soleOwner, soleUser } from '../mount/sole-user.ts';
import { toolFile } from './tools.ts';

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
  const setpriv = [toolFile('setpriv'), '--no-new-privs', '--inh-caps=-all'];
  const sole = soleUser();
  if (sole === undefined) return [...setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const identity = [`--map-user=${sole.uid}`, `--map-group=${sole.gid}`];
  return [toolFile('unshare'), '--user', ...identity, ...setpriv, '--'];
}
