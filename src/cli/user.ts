/**
 * Who the command of `powercut run` runs as: by default whoever called powercut. Where sudo lent root for the mount, the
 * command gets back the identity that lent it (docs/decisions/0008). Without root there is nobody else to become.
 */
import { homedir } from 'node:os';
import { becomingCaller } from '../machine/programs-user.ts';
import { soleOwner, soleUser } from '../mount/sole-user.ts';
import { UnavailableError, UsageError } from './errors.ts';
import { capture } from './probes/capture.ts';

export interface RunUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Words before a command that make it this user's; none when it is the caller's anyway. */
  readonly become: readonly string[];
}

export function chooseUser(named: string | undefined, env: NodeJS.ProcessEnv = process.env): RunUser {
  const caller = {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    home: env['HOME'] ?? homedir(),
  };
  const sole = soleUser();
  if (sole !== undefined || caller.uid !== 0) {
    if (named !== undefined) requireSelf(named, sole?.uid ?? caller.uid);
    if (sole === undefined) return { ...caller, become: [] };
    return { ...soleOwner, home: caller.home, become: becomingCaller(sole) };
  }
  const lender = env['SUDO_UID'];
  if (named !== undefined) return become(lookUp(named));
  if (lender !== undefined && lender !== '0') return become(lookUp(lender));
  return { ...caller, become: [] };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

function lookUp(name: string): Account {
  const { ok, output } = capture('getent', ['passwd', '--', name]);
  const [, , uid, gid, , home] = output.split(':');
  if (!ok || uid === undefined || gid === undefined) throw new UsageError(`--user: no user \`${name}\``);
  return { uid: Number(uid), gid: Number(gid), home: home || '/' };
}

function requireSelf(name: string, uid: number): void {
  if (lookUp(name).uid === uid) return;
  throw new UnavailableError(`--user: only root can run a command as \`${name}\`: run powercut with sudo`);
}

/** For root only. */
function become({ uid, gid, home }: Account): RunUser {
  if (uid === 0) return { uid, gid, home, become: [] };
  const identity = [`--reuid=${String(uid)}`, `--regid=${String(gid)}`, '--init-groups'];
  return {
    uid,
    gid,
    home,
    become: ['setpriv', ...identity, '--no-new-privs', '--inh-caps=-all', '--'],
  };
}
