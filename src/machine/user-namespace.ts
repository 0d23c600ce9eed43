/**
 * The user namespace by which powercut does without root: in it the user is root over mounts and processes of its own. What
 * keeps a user from having one is a switch of the kernel's, and is told by its name.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Options of unshare(1) that make who calls it root of a namespace; root needs none. */
export function ownRoot(uid = process.getuid?.()): readonly string[] {
  return uid === 0 ? [] : ['--user', '--map-root-user'];
}

/** A switch, the value that forbids, and what would allow. */
const switches = [
  {
    file: '/proc/sys/user/max_user_namespaces',
    name: 'user.max_user_namespaces',
    forbids: '0',
    allows: 'user.max_user_namespaces=10000',
  },
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    name: 'kernel.unprivileged_userns_clone',
    forbids: '0',
    allows: 'kernel.unprivileged_userns_clone=1',
  },
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    forbids: '1',
    allows: 'kernel.apparmor_restrict_unprivileged_userns=0',
  },
] as const;

/**
 * Why users may have no user namespace here, in a clause, or undefined where no switch forbids it. The last switch binds only
 * programs without an AppArmor profile: ask this after an attempt has failed.
 */
export function userNamespaceObstacle(
  readSetting: (file: string) => string | undefined = read,
  hasUserNamespaces = existsSync('/proc/self/ns/user'),
): string | undefined {
  if (!hasUserNamespaces) return "this kernel lacks user namespaces (CONFIG_USER_NS): use a distribution's";
  const found = switches.find(({ file, forbids }) => readSetting(file)?.trim() === forbids);
  if (found === undefined) return undefined;
  const { name, forbids, allows } = found;
  return `user namespaces are switched off for users (${name}=${forbids}): as root, \`sysctl -w ${allows}\``;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
