"""Two directories, the same random operations, the same outcome: `differential.py HOST SECONDS SEED`.

The current directory lies on the disk, HOST on a file system of this computer; root owns both. Each sequence is a list of
operations that depends on its seed alone; it runs in a fresh directory of both, and after every operation results, errnos,
bytes and attributes must be equal. A sequence that shows a difference is shrunk, and printed with its seed as JSON.
What is left out, because file systems differ in it by right: block counts, sizes of directories, access times after
reads, and which ranges are holes. And truncate(2) to the size that a file has: it moves no times while the kernel holds
writes back.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import random
import shutil
import stat
import sys
import time

LENGTH = 120
NAMES = [b"a", b"b", b"c", b"d", b"e", b"\xc3\xbc\xff", b"n" * 255]
DIRECTORIES = [b"d", b"d/e", b"e"]
ODD_NAMES = [b".", b"..", b"d/.", b"a/", b"d/", b"d/..", b"n" * 256, b"missing/a"]
XATTRS = ["user.a", "user.b", "trusted.c", "security.d"]
MODES = [0o644, 0o600, 0o666, 0o755, 0o777, 0o000, 0o4755, 0o2755, 0o6777, 0o2745, 0o1777, 0o2777, 0o444]
OFFSETS = [0, 1, 511, 4095, 4096, 8192, 65536, 131072, 200_001, (4 << 30) - 3, 5 << 30]
USERS = [(0, 0), (1000, 1000), (1001, 1000)]
SLOTS = 4
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
AT_FDCWD, AT_SYMLINK_FOLLOW = -100, 0x400
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
libc.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


class Fill(bytes):
    """Bytes of one value, shown as such."""

    def __new__(cls, value, size):
        return super().__new__(cls, bytes([value]) * size)

    def __repr__(self):
        return f"{self[0] if self else 0} * {len(self)}"


def path(rng):
    if rng.random() < 0.04:
        return rng.choice(ODD_NAMES)
    name = rng.choice(NAMES)
    return name if rng.random() < 0.5 else rng.choice(DIRECTORIES) + b"/" + name


def data(rng):
    size = rng.choice([0, 1, 100, 511, 512, 4096, 5000, 40_000, rng.randrange(150_000)])
    return Fill(rng.randrange(1, 256), size)


def times(rng):
    one = lambda: rng.choice([(rng.randrange(-2**31, 2**33), rng.randrange(10**9)), (0, UTIME_NOW), (0, UTIME_OMIT)])
    return [one(), one()]


def offset(rng):
    return rng.choice(OFFSETS) if rng.random() < 0.5 else rng.randrange(300_000)


def slot(rng):
    return rng.randrange(SLOTS)


OPEN_FLAGS = [os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_SYNC, os.O_DSYNC, os.O_NOFOLLOW, os.O_DIRECTORY]
# What is done, how often, and its arguments. A slot holds an open file of both sides.
OPERATIONS = {
    "open": (14, lambda rng, host: (slot(rng), path(rng), open_flags(rng, host), rng.choice(MODES))),
    "tmpfile": (2, lambda rng, host: (slot(rng), rng.choice(DIRECTORIES), rng.choice(MODES))),
    "name_slot": (2, lambda rng, host: (slot(rng), path(rng))),
    "close": (4, lambda rng, host: (slot(rng),)),
    "pwrite": (14, lambda rng, host: (slot(rng), offset(rng), data(rng))),
    "write": (6, lambda rng, host: (slot(rng), data(rng))),
    "pread": (8, lambda rng, host: (slot(rng), offset(rng), rng.choice([1, 4096, 100_000]))),
    "ftruncate": (5, lambda rng, host: (slot(rng), offset(rng))),
    "truncate": (3, lambda rng, host: (path(rng), offset(rng))),
    "fsync": (2, lambda rng, host: (slot(rng), rng.random() < 0.5)),
    "fallocate": (5, lambda rng, host: (slot(rng), rng.choice(host.fallocate_modes), offset(rng), 1 + offset(rng) % 300_000)),
    "copy": (4, lambda rng, host: (slot(rng), slot(rng), offset(rng), offset(rng), rng.randrange(200_000))),
    "map": (5, lambda rng, host: (slot(rng), rng.randrange(200_000), data(rng), rng.random() < 0.5)),
    "fchmod": (1, lambda rng, host: (slot(rng), rng.choice(MODES))),
    "mkdir": (5, lambda rng, host: (path(rng), rng.choice(MODES))),
    "rmdir": (3, lambda rng, host: (path(rng),)),
    "unlink": (5, lambda rng, host: (path(rng),)),
    "rename": (8, lambda rng, host: (path(rng), path(rng), rng.choice([0, 0, 0, 1, 2, 2, 3]))),
    "link": (4, lambda rng, host: (path(rng), path(rng))),
    "symlink": (3, lambda rng, host: (rng.choice(NAMES + DIRECTORIES), path(rng))),
    "readlink": (2, lambda rng, host: (path(rng),)),
    "mknod": (2, lambda rng, host: (path(rng), rng.choice([stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFREG, stat.S_IFCHR]) | rng.choice(MODES))),
    "chmod": (6, lambda rng, host: (path(rng), rng.choice(MODES))),
    "chown": (5, lambda rng, host: (path(rng), rng.choice([-1, 0, 1000, 1001]), rng.choice([-1, 0, 1000, 2000]), rng.random() < 0.8)),
    "utimens": (5, lambda rng, host: (path(rng), times(rng), rng.random() < 0.8)),
    "setxattr": (4, lambda rng, host: (path(rng), rng.choice(XATTRS), Fill(rng.randrange(1, 256), rng.randrange(300)), rng.choice([0, 0, 1, 2]))),
    "getxattr": (2, lambda rng, host: (path(rng), rng.choice(XATTRS))),
    "removexattr": (2, lambda rng, host: (path(rng), rng.choice(XATTRS))),
    "stat": (4, lambda rng, host: (path(rng),)),
    "access": (2, lambda rng, host: (path(rng), rng.randrange(8))),
    "list": (3, lambda rng, host: (rng.choice(DIRECTORIES + [b"."]),)),
    "user": (5, lambda rng, host: (rng.choice(USERS),)),
    "umask": (1, lambda rng, host: (rng.choice([0, 0o022, 0o077]),)),
    "tick": (1, lambda rng, host: ()),
}


def open_flags(rng, host):
    flags = rng.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR])
    if rng.random() < 0.6:
        flags |= os.O_CREAT
    for flag in OPEN_FLAGS:
        if rng.random() < 0.08:
            flags |= flag
    # An append starts where the file ends, which is seldom where direct I/O may.
    if rng.random() < 0.08 and not flags & os.O_APPEND:
        flags |= host.direct
    return flags | os.O_NONBLOCK


class Host:
    """What the file system that is compared with can do; what it cannot is not tried."""

    def __init__(self, directory):
        probe = os.path.join(directory, b"probe")
        descriptor = os.open(probe, os.O_CREAT | os.O_RDWR)
        os.ftruncate(descriptor, 10_000)
        modes = [0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE, ZERO_RANGE, ZERO_RANGE | KEEP_SIZE, PUNCH_HOLE]
        self.fallocate_modes = [mode for mode in modes if mode == PUNCH_HOLE or libc.fallocate(descriptor, mode, 0, 100) == 0]
        os.close(descriptor)
        try:
            os.close(os.open(probe, os.O_RDONLY | os.O_DIRECT))
            self.direct = os.O_DIRECT
        except OSError:
            self.direct = 0
        os.unlink(probe)


class Side:
    """One of the two directories, with its open files."""

    def __init__(self, root):
        self.root = root
        self.slots = [None] * SLOTS
        self.tick_ns = 0
        os.mkdir(root)
        os.chmod(root, 0o777)
        for directory in DIRECTORIES:
            os.mkdir(os.path.join(root, directory))
        os.chmod(os.path.join(root, b"d"), 0o777)
        os.chmod(os.path.join(root, b"e"), 0o1777)

    def end(self):
        for index in range(SLOTS):
            self.close(index)
        os.umask(0o022)

    def at(self, name):
        return os.path.join(self.root, name)

    def describe(self, found):
        recent = time.time_ns() - 10**15
        kind = stat.S_IFMT(found.st_mode)
        return {
            "mode": oct(found.st_mode),
            "owner": (found.st_uid, found.st_gid),
            "links": found.st_nlink,
            "size": None if kind == stat.S_IFDIR else found.st_size,
            "rdev": found.st_rdev,
            # What was set is compared to the nanosecond; "now" is not the same instant on both sides.
            "mtime": "now" if found.st_mtime_ns > recent and found.st_mtime < 2**32 else found.st_mtime_ns,
            "changed": found.st_ctime_ns > self.tick_ns,
        }

    def apply(self, name, args):
        try:
            return getattr(self, name)(*args)
        except OSError as error:
            return errno.errorcode.get(error.errno, error.errno)
        except ValueError as error:
            return str(error)

    def held(self, index):
        if self.slots[index] is None:
            raise OSError(errno.EBADF, "")
        return self.slots[index]

    def state_of(self, index):
        return self.describe(os.fstat(self.held(index)))

    def aligned(self, index, position, bytes_):
        """Direct I/O needs whole pages, in memory and in the file; not every file system takes less."""
        if not self.is_direct(index):
            return position, bytes_
        buffer = mmap.mmap(-1, (len(bytes_) | 4095) + 1)
        buffer[:] = bytes_[:1].ljust(1, b"x") * len(buffer)
        return position & ~4095, buffer

    def is_direct(self, index):
        return fcntl.fcntl(self.held(index), fcntl.F_GETFL) & os.O_DIRECT != 0

    def open(self, index, name, flags, mode):
        self.close(index)
        self.slots[index] = os.open(self.at(name), flags, mode)
        return self.state_of(index)

    def tmpfile(self, index, directory, mode):
        self.close(index)
        self.slots[index] = os.open(self.at(directory), os.O_TMPFILE | os.O_RDWR | os.O_NONBLOCK, mode)
        return self.state_of(index)

    def name_slot(self, index, name):
        source = b"/proc/self/fd/%d" % self.held(index)
        checked(libc.linkat(AT_FDCWD, source, AT_FDCWD, self.at(name), AT_SYMLINK_FOLLOW))
        return self.state_of(index)

    def close(self, index):
        descriptor, self.slots[index] = self.slots[index], None
        if descriptor is not None:
            os.close(descriptor)

    def regular(self, index):
        descriptor = self.held(index)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "")
        return descriptor

    def pwrite(self, index, position, bytes_):
        position, buffer = self.aligned(index, position, bytes_)
        return os.pwrite(self.regular(index), buffer, position), self.state_of(index)

    def write(self, index, bytes_):
        descriptor = self.regular(index)
        if self.is_direct(index):
            return None
        return os.write(descriptor, bytes_), os.lseek(descriptor, 0, os.SEEK_CUR), self.state_of(index)

    def pread(self, index, position, size):
        if self.is_direct(index):
            buffer = mmap.mmap(-1, (size | 4095) + 1)
            count = os.preadv(self.regular(index), [buffer], position & ~4095)
            return buffer[:count]
        return os.pread(self.regular(index), size, position)

    def ftruncate(self, index, size):
        os.ftruncate(self.regular(index), size)
        return self.state_of(index)

    def truncate(self, name, size):
        if os.stat(self.at(name)).st_size == size:
            return "that is its size"
        os.truncate(self.at(name), size)
        return self.stat(name)

    def fsync(self, index, data_only):
        (os.fdatasync if data_only else os.fsync)(self.held(index))

    def fallocate(self, index, mode, position, size):
        checked(libc.fallocate(self.regular(index), mode, position, size))
        return self.state_of(index)

    def copy(self, index, target, position, target_position, size):
        # Whole pages, should one of the two be open for direct I/O.
        size, position, target_position = size & ~4095, position & ~4095, target_position & ~4095
        count = os.copy_file_range(self.regular(index), self.regular(target), size, position, target_position)
        return count, self.state_of(target)

    def map(self, index, position, bytes_, flush):
        descriptor = self.regular(index)
        with mmap.mmap(descriptor, min(os.fstat(descriptor).st_size, 1 << 20)) as mapping:
            position %= len(mapping)
            bytes_ = bytes_[: len(mapping) - position]
            mapping[position : position + len(bytes_)] = bytes_
            if flush:
                mapping.flush()
        return None

    def fchmod(self, index, mode):
        os.fchmod(self.held(index), mode)
        return self.state_of(index)

    def mkdir(self, name, mode):
        os.mkdir(self.at(name), mode)
        return self.stat(name)

    def rmdir(self, name):
        os.rmdir(self.at(name))

    def unlink(self, name):
        os.unlink(self.at(name))

    def rename(self, name, new_name, flags):
        checked(libc.renameat2(AT_FDCWD, self.at(name), AT_FDCWD, self.at(new_name), flags))
        return self.stat(new_name)

    def link(self, name, new_name):
        os.link(self.at(name), self.at(new_name), follow_symlinks=False)
        return self.stat(new_name)

    def symlink(self, target, name):
        os.symlink(target, self.at(name))
        return self.stat(name)

    def readlink(self, name):
        return os.readlink(self.at(name))

    def mknod(self, name, mode):
        os.mknod(self.at(name), mode, os.makedev(1, 3) if stat.S_ISCHR(mode) else 0)
        return self.stat(name)

    def chmod(self, name, mode):
        os.chmod(self.at(name), mode)
        return self.stat(name)

    def chown(self, name, uid, gid, follow):
        # Changes nothing, and is refused to strangers for the bits that it would drop: FUSE is not told enough for that.
        if uid == gid == -1 and os.geteuid() != 0:
            return None
        os.chown(self.at(name), uid, gid, follow_symlinks=follow)
        return self.stat(name)

    def utimens(self, name, pair, follow):
        values = (Timespec * 2)(*[Timespec(*one) for one in pair])
        checked(libc.utimensat(AT_FDCWD, self.at(name), values, 0 if follow else 0x100))
        return self.stat(name)

    def setxattr(self, name, attribute, value, flags):
        os.setxattr(self.at(name), attribute, value, flags)
        return self.stat(name)

    def getxattr(self, name, attribute):
        return os.getxattr(self.at(name), attribute)

    def removexattr(self, name, attribute):
        os.removexattr(self.at(name), attribute)
        return self.stat(name)

    def stat(self, name):
        return self.describe(os.lstat(self.at(name)))

    def access(self, name, mode):
        return os.access(self.at(name), mode, effective_ids=True)

    def list(self, name):
        return sorted((entry.name, entry.is_dir(follow_symlinks=False), entry.is_symlink()) for entry in os.scandir(self.at(name)))

    def user(self, user):
        become(*user)

    def umask(self, mask):
        os.umask(mask)

    def tick(self):
        time.sleep(0.02)
        self.tick_ns = time.time_ns()
        time.sleep(0.02)

    def tree(self):
        """Everything that there is, as root sees it."""
        found = {}
        for directory, directories, files in os.walk(self.root):
            for name in [b".", *directories, *files]:
                full = os.path.join(directory, name)
                state = self.describe(os.lstat(full))
                state["xattrs"] = {a: os.getxattr(full, a, follow_symlinks=False) for a in sorted(os.listxattr(full, follow_symlinks=False)) if a in XATTRS}
                if os.path.islink(full):
                    state["target"] = os.readlink(full)
                elif os.path.isfile(full):
                    state["bytes"] = contents(full)
                found[os.path.relpath(full, self.root)] = state
        return found


def contents(name):
    """The places of files that anything was written to."""
    descriptor = os.open(name, os.O_RDONLY)
    try:
        return [os.pread(descriptor, 700_000, position) for position in (0, (4 << 30) - 4096, 5 << 30)]
    finally:
        os.close(descriptor)


def become(uid, gid):
    os.seteuid(0)
    os.setegid(gid)
    # No other groups: of those a FUSE server hears nothing, and set-group-ID bits go by them.
    os.setgroups([] if uid == 0 else [gid])
    os.seteuid(uid)


def sequence(seed, host):
    rng = random.Random(seed)
    names = list(OPERATIONS)
    weights = [OPERATIONS[name][0] for name in names]
    return [(name, OPERATIONS[name][1](rng, host)) for name in rng.choices(names, weights, k=LENGTH)]


def shown(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)})"


def difference(operations, roots):
    """Undefined when there is none; the number of the operation, and what both sides said."""
    sides = [Side(root) for root in roots]
    try:
        for number, (name, args) in enumerate(operations):
            ours, theirs = [side.apply(name, args) for side in sides]
            if ours != theirs:
                return {"number": number, "operation": shown((name, args)), **apart(ours, theirs)}
        become(0, 0)
        ours, theirs = [side.tree() for side in sides]
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                return {"number": len(operations), "operation": f"tree {name!r}", **apart(ours.get(name), theirs.get(name))}
        return None
    finally:
        become(0, 0)
        for side in sides:
            side.end()
            shutil.rmtree(side.root)


def apart(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = [key for key in ours if ours[key] != theirs.get(key)]
        ours, theirs = {key: ours[key] for key in keys}, {key: theirs.get(key) for key in keys}
    return {"disk": shown(ours), "host": shown(theirs)}


def shrunk(operations, roots):
    """Fewer operations that still differ."""
    size = len(operations) // 2
    while size > 0:
        start = 0
        while start < len(operations):
            fewer = operations[:start] + operations[start + size :]
            if difference(fewer, roots):
                operations = fewer
            else:
                start += size
        size //= 2
    return operations


def main(host_directory, seconds, seed):
    host_root = os.fsencode(host_directory)
    host = Host(host_root)
    seed, until = int(seed), time.monotonic() + float(seconds)
    count = operations_done = 0
    while time.monotonic() < until:
        roots = [b"sequence", os.path.join(host_root, b"sequence")]
        operations = sequence(seed + count, host)
        if difference(operations, roots):
            fewest = shrunk(operations, roots)
            result = {"seed": seed + count, "operations": [shown(one) for one in fewest], **(difference(fewest, roots) or {})}
            print(json.dumps(result), flush=True)
            return 1
        count += 1
        operations_done += len(operations)
    print(json.dumps({"seed": seed, "sequences": count, "operations": operations_done}), flush=True)
    return 0


sys.exit(main(*sys.argv[1:]))
