/**
 * The folder that Jepsen and others expect a clone of LazyFS to be: scripts at their places that hand over to powercut, build
 * scripts that do nothing, and where git is there, the tag that they check out.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../mount-errors.ts';

const tag = '0.3.0';
const nothingToBuild = `#!/bin/sh
# powercut needs no build.
mkdir -p build
`;

const mountScript = `#!/bin/sh
# mount-lazyfs.sh -c CONFIG -m DIR -r ROOT [-f] [-s]
help='Mount LazyFS (powercut stands in for it) with:
  -c | --config-path : The path to the LazyFS toml config file.
  -f | --foreground  : Run FUSE in foreground.
  -m | --mount.dir   : FUSE mount dir.
  -r | --root.dir    : FUSE root dir.
  -s                 : accepted and without effect.'
[ $# -gt 0 ] || { echo "$help"; exit 1; }
foreground=
while [ $# -gt 0 ]; do
  case $1 in
    -c | --config-path) config=$2; shift 2 ;;
    -m | --mount.dir) mount=$2; shift 2 ;;
    -r | --root.dir) root=$2; shift 2 ;;
    -f | --foreground) foreground=-f; shift ;;
    -s) shift ;;
    -h | --help) echo "$help"; exit ;;
    *) echo "Error: Unknown option '$1'." >&2; exit 1 ;;
  esac
done
[ -f "$config" ] || { echo "Error: Configuration file '$config' does not exist." >&2; exit 1; }
[ -d "$mount" ] || { echo "Error: Mount directory '$mount' does not exist." >&2; exit 1; }
[ -d "$root" ] || { echo "Error: Root directory '$root' does not exist." >&2; exit 1; }
echo "Using config '$config'"
exec "$(dirname "$0")/../build/lazyfs" "$mount" --config-path "$config" -o allow_other -o modules=subdir -o "subdir=$root" $foreground
`;

const umountScript = `#!/bin/sh
# umount-lazyfs.sh -m DIR
help='Umount LazyFS with:
  -m | --mount.dir   : FUSE mount dir.'
[ $# -gt 0 ] || { echo "$help"; exit 1; }
case $1 in
  -m | --mount.dir) ;;
  -h | --help) echo "$help"; exit ;;
  *) echo "Unknown option $1"; exit 1 ;;
esac
echo "Umounting FUSE on $2..."
umount=umount
for each in fusermount3 fusermount; do command -v $each >/dev/null && { umount="$each -u"; break; }; done
exec $umount "$2"
`;

const defaultConfig = `[faults]
fifo_path="/tmp/faults.fifo"
# fifo_path_completed="/tmp/faults_completed.fifo"

[cache]
apply_eviction=false

[cache.simple]
custom_size="1gb"
blocks_per_page=1

[filesystem]
log_all_operations=false
logfile=""
`;

/** `command`: the words that start powercut. Returns lines for people. */
export function installLazyFs(directory: string, command: readonly string[]): string[] {
  const target = resolve(directory);
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new UsageError(`${directory} is not empty: remove it, or name another place`);
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\\\''")}'`).join(' ');
  const files: readonly (readonly [path: string, text: string])[] = [
    ['README.md', 'Laid out by `powercut lazyfs install`: powercut stands in for LazyFS.\n'],
    ['libs/libpcache/build.sh', nothingToBuild],
    ['lazyfs/build.sh', nothingToBuild],
    ['lazyfs/build/lazyfs', `#!/bin/sh\nexec ${quoted} lazyfs "$@"\n`],
    ['lazyfs/scripts/mount-lazyfs.sh', mountScript],
    ['lazyfs/scripts/umount-lazyfs.sh', umountScript],
    ['lazyfs/config/default.toml', defaultConfig],
  ];
  for (const [path, text] of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
    if (text.startsWith('#!')) chmodSync(join(target, path), 0o755);
  }
  const said = [`${directory} is laid out as a built LazyFS ${tag}; powercut serves it`];
  return tagged(target) ? said : [...said, `git is missing: who checks out ${tag} there will not find it`];
}

function tagged(directory: string): boolean {
  const who = ['-c', 'user.name=powercut', '-c', 'user.email=powercut@localhost'];
  const steps = [
    ['init', '-q'],
    ['add', '-A', '-f'],
    ['commit', '-q', '-m', 'powercut stands in for LazyFS'],
    ['tag', tag],
  ];
  return steps.every((step) => spawnSync('git', [...who, ...step], { cwd: directory }).status === 0);
}
