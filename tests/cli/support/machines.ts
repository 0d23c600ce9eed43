/**
 * Computers that lack something: the same one, seen from a mount namespace in which that something is hidden. Nothing outside
 * of the namespace changes. Each gives the words to put before a command.
 */
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A /dev with the usual devices and, if at all, a /dev/fuse of the mode given; with `checkout`, see `withFuse`. */
function withDevices(fuseMode: string | undefined, { checkout = false } = {}): string[] {
  const script = [
    'set -e',
    'old=$(mktemp -d)',
    'mount -t tmpfs -o mode=755 tmpfs "$old"',
    'for name in null zero full random urandom tty; do touch "$old/$name"; mount --bind "/dev/$name" "$old/$name"; done',
    'mkdir -m 1777 "$old/shm"',
    ...(fuseMode === undefined ? [] : [`mknod -m ${fuseMode} "$old/fuse" c 10 229`]),
    ...(checkout ? [`mkdir "$old/checkout"; mount --rbind '${root}' "$old/checkout"`] : []),
    ...(checkout ? [`touch "$old/node"; mount --bind '${process.execPath}' "$old/node"`] : []),
    'mount --move "$old" /dev',
    'rmdir "$old"',
    'exec "$@"',
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

export const withoutFuse = withDevices(undefined);

export const asNobody = as(65534);

function as(uid: number): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'];
}

/** /dev/fuse is there, for root alone, and the caller is not root. */
export const asNobodyWithPrivateFuse = [...withDevices('600'), ...asNobody];

/**
 * A computer whose /dev/fuse has this mode: '666' is open to users, as distributions make it, for the test alone. Without a
 * mode there is none. Checkout and Node lie where an ordinary user can reach them, which a home of root's would not allow.
 */
export const withFuse = (mode?: string): string[] => withDevices(mode, { checkout: true });

export const reachableNode = '/dev/node';
export const reachableCheckout = '/dev/checkout';

/** An ordinary user of a computer made by `withFuse` runs powercut. */
export const powercutAs = (uid: number): string[] => [
  ...as(uid),
  reachableNode,
  `${reachableCheckout}/dist/cli/main.js`,
];

/** A container that hides parts of /proc: the kernel then lets nobody but root mount another. */
export const withHiddenProc = [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c'],
  'mount -t tmpfs tmpfs /proc/sys/fs && exec "$@"',
  'sh',
];

/**
 * A kernel where user namespaces are switched off for users. The switch is each namespace's own, so that it is thrown in one
 * in which there are all users that this computer has, and nowhere else.
 */
export const withoutUserNamespaces = (() => {
  const inside = [
    'until read -r line </proc/self/uid_map && read -r line </proc/self/gid_map; do sleep 0.05; done',
    // A root that knows itself as such has its capabilities from the next program on.
    `exec sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"`,
  ].join('\n');
  const script = [
    'inside=$1; shift; exec 3<&0',
    'unshare --user sh -c "$inside" sh "$@" <&3 &',
    'until echo 0 0 65536 2>/dev/null >/proc/$!/uid_map; do sleep 0.05; done',
    'echo 0 0 65536 >/proc/$!/gid_map',
    'wait $!',
  ].join('\n');
  return ['sh', '-c', script, 'sh', inside];
})();

/** May open /dev/fuse, may not mount: root's capabilities are gone, as in a container. */
export const withoutMountPrivilege = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];

/** An empty directory lies over each of `directories` that exists. */
export function hiding(...directories: readonly string[]): string[] {
  const script = [
    'set -e',
    `for directory in ${directories.join(' ')}; do if [ -d "$directory" ]; then mount -t tmpfs tmpfs "$directory"; fi; done`,
    'exec "$@"',
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

/** A file system of a few hundred KiB lies over `directory`. */
export function withSmallStore(directory: string): string[] {
  const script = `mount -t tmpfs -o size=512k tmpfs ${directory} && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}
