/**
 * The file system of a LazyFS mount: each call is logged where that is asked, and faults happen before or after it. Where
 * nothing is armed and nothing logged a call costs a look.
 */
import { readFileSync } from 'node:fs';
import type { Disk } from '../../disk/disk.ts';
import { displayName } from '../../disk/disk-state.ts';
import type { Errno, FileSystem } from '../../fuse/filesystem.ts';
import type { Call } from './injections.ts';
import type { LazyFsLog } from './log.ts';
import { info } from './log-lines.ts';
import type { ServedFaults } from './served-faults.ts';

export interface FaultyOptions {
  readonly root: string;
  readonly disk: () => Disk;
  readonly faults: ServedFaults;
  readonly log: LazyFsLog;
  readonly logsAllOperations: boolean;
}

export function withFaults(inner: FileSystem, options: FaultyOptions): FileSystem {
  const { root, faults, log, logsAllOperations } = options;
  const of = (ino: number) => rooted(root, options.disk().pathOf(ino));
  const at = (parent: number, name: string) => `${of(parent)}/${displayName(name)}`;
  const say = (name: string, facts: string) => {
    if (logsAllOperations) log.say(info(`[lazyfs.ops]: lfs_${name}(${facts})`));
  };

  /** `line` logs; `call` is made only where somebody looks at it. */
  function around<Result>(line: () => void, call: () => Call, perform: () => Result): Result {
    faults.dieIfDue();
    if (logsAllOperations) line();
    if (!faults.injections.isArmed) return perform();
    const made = call();
    faults.at('before', made);
    const result = perform();
    faults.at('after', made);
    return result;
  }

  const logged = <Result>(line: () => void, perform: () => Result): Result => {
    faults.dieIfDue();
    if (logsAllOperations) line();
    return perform();
  };

  return {
    ...inner,
    open: (_caller, ino, flags) =>
      around<Errno | 0>(
        () => say('open', `path=${of(ino)},mode=${openMode(flags)}`),
        () => ({ op: 'open', path: of(ino) }),
        () => 0,
      ),
    getattr: (caller, ino) =>
      logged(
        () => say('getattr', `path=${of(ino)}`),
        () => inner.getattr(caller, ino),
      ),
    setattr: (caller, ino, changes) => {
      const perform = () => inner.setattr(caller, ino, changes);
      const path = `path=${of(ino)}`;
      if (changes.size !== undefined)
        return around(
          () => say('truncate', `${path},size=${changes.size}`),
          () => ({ op: 'truncate', path: of(ino) }),
          perform,
        );
      const name = changes.mode !== undefined ? 'chmod' : changes.uid !== undefined ? 'chown' : 'utimens';
      return logged(() => say(name, path), perform);
    },
    create: (caller, parent, name, mode, flags) =>
      around(
        () => say('create', `path=${at(parent, name)},mode=${mode}`),
        () => ({ op: 'create', path: at(parent, name) }),
        () => inner.create(caller, parent, name, mode, flags),
      ),
    mkdir: (caller, parent, name, mode) =>
      logged(
        () => say('mkdir', `path=${at(parent, name)}`),
        () => inner.mkdir(caller, parent, name, mode),
      ),
    rmdir: (caller, parent, name) =>
      logged(
        () => say('rmdir', `path=${at(parent, name)}`),
        () => inner.rmdir(caller, parent, name),
      ),
    symlink: (caller, parent, name, target) =>
      around(
        () => say('symlink', `from=${displayName(target)},to=${at(parent, name)}`),
        () => ({ op: 'symlink', path: displayName(target), toPath: at(parent, name) }),
        () => inner.symlink(caller, parent, name, target),
      ),
    link: (caller, ino, parent, name) =>
      around(
        () => say('link', `from=${of(ino)},to=${at(parent, name)}`),
        () => ({ op: 'link', path: of(ino), toPath: at(parent, name) }),
        () => inner.link(caller, ino, parent, name),
      ),
    unlink: (caller, parent, name) =>
      around(
        () => say('unlink', `path=${at(parent, name)}`),
        () => ({ op: 'unlink', path: at(parent, name) }),
        () => inner.unlink(caller, parent, name),
      ),
    rename: (caller, parent, name, newParent, newName, flags) =>
      around(
        () => say('rename', `from=${at(parent, name)},to=${at(newParent, newName)}`),
        () => ({ op: 'rename', path: at(parent, name), toPath: at(newParent, newName) }),
        () => inner.rename(caller, parent, name, newParent, newName, flags),
      ),
    read: (caller, ino, offset, target, targetOffset, length) =>
      around(
        () => say('read', `path=${of(ino)},size=${length},off=${offset}`),
        () => ({ op: 'read', path: of(ino) }),
        () => inner.read(caller, ino, offset, target, targetOffset, length),
      ),
    write: (caller, ino, offset, bytes, killPrivileges) =>
      around(
        () => say('write', `path=${of(ino)},size=${bytes.length},off=${offset}`),
        () => ({ op: 'write', path: of(ino) }),
        () => {
          const path = faults.injections.isArmed ? of(ino) : '';
          // Asked for before the program gets its answer: afterwards it is in another call.
          const isTorn = path !== '' && faults.injections.tears(path);
          const callLength = isTorn ? (writeLengthOf(caller.pid) ?? bytes.length) : bytes.length;
          const { pid } = caller;
          const written = inner.write(caller, ino, offset, bytes, killPrivileges);
          if (isTorn && written > 0) faults.wrote({ path, pid, offset, bytes, callLength });
          return written;
        },
      ),
    fsync: (caller, ino, dataOnly) =>
      around(
        () => say('fsync', `path=${of(ino)},isdatasync=${dataOnly ? 1 : 0}`),
        () => ({ op: 'fsync', path: of(ino) }),
        () => {
          if (faults.injections.isArmed) faults.injections.synced(of(ino));
          return inner.fsync(caller, ino, dataOnly);
        },
      ),
  };
}

function rooted(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}

function openMode(flags: number): string {
  if ((flags & 0o1000) !== 0) return 'O_TRUNC';
  return ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][flags & 3] ?? 'OTHER';
}

/** write(2) and pwrite64(2), by the architectures that Node runs on. */
const writeCalls: Readonly<Record<string, readonly number[]>> = { x64: [1, 18], arm64: [64, 68] };

/**
 * How much the program that waits for us asked to write, which the kernel may have cut into pieces: the third argument of
 * the system call that its thread is in (proc(5), /proc/PID/syscall). Undefined where that cannot be told.
 */
function writeLengthOf(thread: number): number | undefined {
  try {
    const [number, , , count] = readFileSync(`/proc/${thread}/syscall`, 'utf8').split(' ');
    const isWrite = writeCalls[process.arch]?.includes(Number(number)) === true;
    return isWrite ? Number(count) : undefined;
  } catch {
    return undefined;
  }
}
