/**
 * Computers that lack something: the same one, seen from a mount namespace in which that something is hidden. Nothing outside
 * of the namespace changes. Each gives the words to put before a command.
 */

/** A /dev with the usual devices and, if at all, a /dev/fuse of the mode given. */
function withDevices(fuseMode: string | undefined): string[] {
  const script = [
    'set -e',
    'old=$(mktemp -d)',
    'mount -t tmpfs -o mode=755 tmpfs "$old"',
    'for name in null zero full random urandom tty; do touch "$old/$name"; mount --bind "/dev/$name" "$old/$name"; done',
    'mkdir -m 1777 "$old/shm"',
    ...(fuseMode === undefined ? [] : [`mknod -m ${fuseMode} "$old/fuse" c 10 229`]),
    'mount --move "$old" /dev',
    'rmdir "$old"',
    'exec "$@"',
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

export const withoutFuse = withDevices(undefined);

export const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];

/** /dev/fuse is there, for root alone, and the caller is not root. */
export const asNobodyWithPrivateFuse = [...withDevices('600'), ...asNobody];

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
