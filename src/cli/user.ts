/**
 * Who the command of `powercut run` runs as: by default whoever called powercut. Where sudo lent root for the mount, the
 * command gets back the identity that lent it (docs/decisions/0008).
 */
import { userInfo } from 'node:os';
import { UsageError } from './errors.ts';
import { capture } from './probes/capture.ts';

export interface RunUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Words before a command that make it this user's; none when it is the caller's anyway. */
  readonly become: readonly string[];
}

export function chooseUser(named: string | undefined, env: NodeJS.ProcessEnv = process.env): RunUser {
  if (named !== undefined) return become(lookUp(named));
  const lender = env['SUDO_UID'];
  if (lender !== undefined && userInfo().uid === 0 && lender !== '0') return become(lookUp(lender));
  const { uid, gid, homedir } = userInfo();
  return { uid, gid, home: env['HOME'] ?? homedir, become: [] };
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

function become({ uid, gid, home }: Account): RunUser {
  const own = userInfo();
  if (uid === own.uid) return { uid, gid, home, become: [] };
  const identity = [`--reuid=${String(uid)}`, `--regid=${String(gid)}`, '--init-groups'];
  return {
    uid,
    gid,
    home,
    become: ['setpriv', ...identity, '--no-new-privs', '--inh-caps=-all', '--'],
  };
}
