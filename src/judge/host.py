"""Carries out litmus programs on mounted file systems: system calls that Node has no words for.

Reads one JSON object a line on stdin, `{"do": NAME, ...}`, answers each with one on stdout: what the command gives, or
`{"error": SENTENCE, "errno": NAME}`. Ends with its stdin. Everything that it mounts or attaches belongs to the mount
namespace that it runs in: loop devices detach themselves when their last user is gone.
"""
import base64
import ctypes
import errno
import fcntl
import json
import os
import random
import stat
import struct
import sys

AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
RENAME_EXCHANGE = 2
KEEP_SIZE, PUNCH_HOLE = 1, 2
SYNC_FILE_RANGE_ALL = 1 | 2 | 4
MS_NOSUID, MS_NODEV, MS_NOATIME = 2, 4, 1024
LOOP_CTL_GET_FREE, LOOP_CONFIGURE, LOOP_CLR_FD = 0x4C82, 0x4C0A, 0x4C01
LO_FLAGS_AUTOCLEAR, LO_FLAGS_DIRECT_IO = 4, 16
LOOP_CONFIG_BYTES = 8 + 232 + 64  # struct loop_config: fd, block_size, struct loop_info64, reserved
LOOP_INFO_FLAGS_AT = 8 + 52
BLKFLSBUF = 0x1261
PAGE = 4096
EXT4_IOC_CHECKPOINT = 0x4004662B
BTRFS_IOC_START_SYNC, BTRFS_IOC_WAIT_SYNC = 0x80089418, 0x40089416

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
libc.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
libc.linkat.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
libc.syncfs.argtypes = [ctypes.c_int]

loops = {}


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


# Devices and mounts


def attach(file):
    """A loop device on a file, past the page cache: what the file system writes is seen when it is written."""
    backing = os.open(file, os.O_RDWR | os.O_DIRECT)
    with open("/dev/loop-control", "rb") as control:
        for _ in range(64):
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            device = f"/dev/loop{number}"
            if not os.path.exists(device):
                os.mknod(device, 0o600 | stat.S_IFBLK, os.makedev(7, number))
            config = bytearray(LOOP_CONFIG_BYTES)
            struct.pack_into("II", config, 0, backing, 512)
            struct.pack_into("I", config, LOOP_INFO_FLAGS_AT, LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO)
            loop = os.open(device, os.O_RDWR)
            try:
                fcntl.ioctl(loop, LOOP_CONFIGURE, bytes(config))
            except OSError as error:
                os.close(loop)
                # Somebody else took it in between.
                if error.errno != errno.EBUSY:
                    raise
                continue
            os.close(backing)
            return device, loop
    raise OSError(errno.EBUSY, "no free loop device", "/dev/loop-control")


def device_of(file):
    """Attached once, with its descriptor kept open: the bytes behind it change only while nothing is mounted."""
    if file not in loops:
        loops[file] = attach(file)
    return loops[file][0]


def mount(file, kind, options, directory):
    device = device_of(file)
    flags = MS_NOSUID | MS_NODEV | MS_NOATIME
    check(libc.mount(device.encode(), directory.encode(), kind.encode(), flags, options.encode()), f"mount {kind}")


def unmount(file, directory):
    check(libc.umount2(directory.encode(), 0), "umount")
    drop_cached(file)


def drop_cached(file):
    """The bench will put other bytes behind the device, and the kernel must not remember these."""
    fcntl.ioctl(loops[file][1], BLKFLSBUF)


# Programs


class Run:
    """One program on one mounted file system."""

    def __init__(self, root, kind):
        self.root = root
        self.kind = kind
        self.handles = {}

    def path(self, name):
        return self.root if name == "." else os.path.join(self.root, name)

    def on(self, file, flags, work):
        """With a descriptor: the handle's, or one that is opened and closed around the work."""
        if "handle" in file:
            return work(self.handles[file["handle"]])
        fd = os.open(self.path(file["path"]), flags)
        try:
            return work(fd)
        finally:
            os.close(fd)

    def perform(self, statement):
        getattr(self, statement["op"].replace("-", "_"))(statement)

    def create(self, s):
        fd = os.open(self.path(s["path"]), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            if "data" in s:
                write_all(fd, data_of(s), 0)
        finally:
            os.close(fd)

    def write(self, s):
        self.on(s["file"], os.O_WRONLY | sync_flags(s), lambda fd: write_all(fd, data_of(s), s["offset"]))

    def append(self, s):
        def work(fd):
            write_all(fd, data_of(s), os.fstat(fd).st_size)

        self.on(s["file"], os.O_WRONLY | sync_flags(s), work)

    def rewrite(self, s):
        fd = os.open(self.path(s["path"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            write_all(fd, data_of(s), 0)
        finally:
            os.close(fd)

    def truncate(self, s):
        self.on(s["file"], os.O_WRONLY, lambda fd: os.ftruncate(fd, s["size"]))

    def allocate(self, s, mode=KEEP_SIZE):
        work = lambda fd: check(libc.fallocate(fd, mode, s["offset"], s["length"]), "fallocate")
        self.on(s["file"], os.O_WRONLY, work)

    def punch(self, s):
        self.allocate(s, KEEP_SIZE | PUNCH_HOLE)

    def mkdir(self, s):
        os.mkdir(self.path(s["path"]), 0o755)

    def rmdir(self, s):
        os.rmdir(self.path(s["path"]))

    def unlink(self, s):
        os.unlink(self.path(s["path"]))

    def symlink(self, s):
        os.symlink(s["target"], self.path(s["path"]))

    def link(self, s):
        new = self.path(s["path"])
        if "path" in s["file"]:
            os.link(self.path(s["file"]["path"]), new, follow_symlinks=False)
            return
        fd = self.handles[s["file"]["handle"]]
        check(libc.linkat(fd, b"", AT_FDCWD, new.encode(), AT_EMPTY_PATH), "linkat")

    def rename(self, s):
        os.rename(self.path(s["from"]), self.path(s["to"]))

    def exchange(self, s):
        old, new = self.path(s["from"]).encode(), self.path(s["to"]).encode()
        check(libc.renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_EXCHANGE), "renameat2")

    def chmod(self, s):
        self.on(s["file"], os.O_RDONLY, lambda fd: os.fchmod(fd, s["mode"]))

    def setxattr(self, s):
        value = base64.b64decode(s["value"])
        self.on(s["file"], os.O_RDONLY, lambda fd: os.setxattr(fd, s["name"], value))

    def removexattr(self, s):
        self.on(s["file"], os.O_RDONLY, lambda fd: os.removexattr(fd, s["name"]))

    def tmpfile(self, s):
        self.handles[s["handle"]] = os.open(self.path(s["directory"]), os.O_RDWR | os.O_TMPFILE, 0o644)

    def open(self, s):
        path = self.path(s["path"])
        access = os.O_RDONLY if os.path.isdir(path) else os.O_RDWR
        self.handles[s["handle"]] = os.open(path, access | sync_flags(s))

    def close(self, s):
        os.close(self.handles.pop(s["handle"]))

    def fsync(self, s):
        self.on(s["file"], os.O_RDONLY, os.fsync)

    def fdatasync(self, s):
        self.on(s["file"], os.O_RDONLY, os.fdatasync)

    def sync(self, _):
        fd = os.open(self.root, os.O_RDONLY)
        try:
            check(libc.syncfs(fd), "syncfs")
        finally:
            os.close(fd)

    def writeback(self, s):
        span = s.get("range", {"offset": 0, "length": 0})
        work = lambda fd: check(libc.sync_file_range(fd, span["offset"], span["length"], SYNC_FILE_RANGE_ALL), "")
        self.on(s["file"], os.O_RDONLY, work)

    def wait(self, _):
        """The file system's own commit, asked for instead of waited for: its metadata so far, and no data for its sake."""
        fd = os.open(self.root, os.O_RDONLY)
        try:
            if self.kind == "ext4":
                fcntl.ioctl(fd, EXT4_IOC_CHECKPOINT, struct.pack("I", 0))
            elif self.kind == "btrfs":
                transaction = fcntl.ioctl(fd, BTRFS_IOC_START_SYNC, bytes(8))
                fcntl.ioctl(fd, BTRFS_IOC_WAIT_SYNC, transaction)
            else:
                self.force_log()
        finally:
            os.close(fd)

    def force_log(self):
        """XFS: its log is one sequence, so that forcing it for any file forces what came before."""
        fd = os.open(self.path(KICK), os.O_RDONLY)
        try:
            os.fchmod(fd, os.fstat(fd).st_mode ^ stat.S_IXUSR)
            os.fsync(fd)
        finally:
            os.close(fd)

    def finish(self):
        for fd in self.handles.values():
            os.close(fd)
        self.handles.clear()


KICK = ".kick"
# Of the file systems themselves, and the judge's own.
HIDDEN = {"lost+found", KICK}


def sync_flags(s):
    return {None: 0, "sync": os.O_SYNC, "dsync": os.O_DSYNC}[s.get("sync")]


def data_of(s):
    return base64.b64decode(s["data"])


def write_all(fd, data, offset):
    while data:
        done = os.pwrite(fd, data, offset)
        data, offset = data[done:], offset + done


def perform_all(run, statements, acknowledge=lambda count: None):
    """Nudges are nobody's ops: they are not counted."""
    count = 0
    for statement in statements:
        if statement["op"] == "nudge":
            nudge(run, random.Random(statement["seed"]))
            continue
        try:
            run.perform(statement)
        except OSError as error:
            return {"failed": count, "errno": errno.errorcode.get(error.errno, str(error.errno))}
        count += 1
        acknowledge(count)
    return {}


def nudge(run, chance):
    """What a kernel may do at any time by itself: commit, or write some pages of some file back."""
    files = [node["path"] for node in tree_of(run.root, contents=False) if node["kind"] == "file"]
    if not files or chance.random() < 0.4:
        run.wait({})
        return
    path = chance.choice(files)
    pages = max(1, -(-os.stat(run.path(path)).st_size // PAGE))
    first, last = sorted((chance.randrange(pages), chance.randrange(pages)))
    span = {"offset": first * PAGE, "length": (last - first + 1) * PAGE}
    run.writeback({"file": {"path": path}, **({} if chance.random() < 0.5 else {"range": span})})


# Commands

control = None
runs = {}


def do_mount(c):
    mount(c["file"], c["kind"], c["options"], c["directory"])
    runs[c["directory"]] = Run(c["directory"], c["kind"])
    return {}


def do_setup(c):
    """All of it is durable afterwards."""
    run = runs[c["directory"]]
    with open(run.path(KICK), "wb"):
        pass
    result = perform_all(run, c["statements"])
    run.sync({})
    return result


def do_run(c):
    """The program proper; the bench hears of each op that has returned."""

    def acknowledge(count):
        message = {"do": "acknowledge", "device": c["device"], "count": count}
        os.pwrite(control, json.dumps(message).encode(), 0)

    return perform_all(runs[c["directory"]], c["statements"], acknowledge)


def do_afterwards(c):
    """Nobody waits for these: what happens later on a machine that is still up."""
    return perform_all(runs[c["directory"]], c["statements"])


def do_unmount(c):
    runs.pop(c["directory"]).finish()
    unmount(c["file"], c["directory"])
    return {}


def do_look(c):
    """What a boot after the cut finds."""
    try:
        mount(c["file"], c["kind"], c["options"], c["directory"])
    except OSError as error:
        drop_cached(c["file"])
        return {"unmountable": errno.errorcode.get(error.errno, str(error.errno))}
    try:
        return {"nodes": tree_of(c["directory"])}
    finally:
        unmount(c["file"], c["directory"])


def do_probe(_):
    """Whether a loop device can be had at all."""
    with open("/dev/loop-control", "rb") as loop_control:
        fcntl.ioctl(loop_control, LOOP_CTL_GET_FREE)
    return {}


def do_device(c):
    return {"device": device_of(c["file"])}


def tree_of(root, contents=True):
    nodes = []

    def visit(directory, prefix):
        for name in sorted(os.listdir(directory)):
            if prefix == "" and name in HIDDEN:
                continue
            full, path = os.path.join(directory, name), prefix + name
            found = os.lstat(full)
            node = {"path": path, "ino": found.st_ino, "mode": stat.S_IMODE(found.st_mode), "xattrs": {}}
            nodes.append(node)
            if stat.S_ISLNK(found.st_mode):
                node.update(kind="symlink", target=os.readlink(full))
                continue
            node["xattrs"] = xattrs_of(full)
            if stat.S_ISDIR(found.st_mode):
                node.update(kind="directory")
                visit(full, path + "/")
            else:
                node.update(kind="file")
                if contents:
                    with open(full, "rb") as file:
                        node.update(contents=base64.b64encode(file.read()).decode())

    visit(root, "")
    return nodes


def xattrs_of(path):
    names = [name for name in os.listxattr(path) if name.startswith("user.")]
    return {name: base64.b64encode(os.getxattr(path, name)).decode() for name in names}


def main():
    global control
    os.umask(0)
    control = os.open(sys.argv[1], os.O_RDWR)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = globals()["do_" + command["do"]](command)
        except OSError as error:
            name = errno.errorcode.get(error.errno, str(error.errno))
            answer = {"error": f"{error.filename or command['do']}: {error.strerror}", "errno": name}
        print(json.dumps(answer), flush=True)


main()
