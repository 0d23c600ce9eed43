"""What POSIX and Linux promise of a file system, tried in the current directory, which root must own.

Prints a JSON object a line for each check: its name, and what was wrong, if anything. `posix.py cached` where the kernel
caches writes.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import socket
import stat
import struct
import sys
import time
import traceback

CACHED = sys.argv[1:] == ["cached"]
NOBODY = 65534
GIB = 1 << 30
AT_FDCWD = -100
AT_SYMLINK_FOLLOW = 0x400
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
F_OFD_SETLK = 37
KEEP_SIZE, PUNCH_HOLE, COLLAPSE_RANGE, ZERO_RANGE = 1, 2, 8, 16

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
libc.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
libc.readdir.argtypes = libc.telldir.argtypes = libc.rewinddir.argtypes = libc.closedir.argtypes = [ctypes.c_void_p]
libc.telldir.restype = ctypes.c_long
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
checks = []


def check(function):
    checks.append(function)
    return function


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def same(actual, expected):
    assert actual == expected, f"{actual!r}, not {expected!r}"


def fails(number, function, *args):
    try:
        function(*args)
    except OSError as error:
        same(errno.errorcode[error.errno], errno.errorcode[number])
    else:
        raise AssertionError(f"succeeded instead of {errno.errorcode[number]}")


def in_child(function, uid=0):
    """Runs it in another process, perhaps as another user; fails when it does."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if uid != 0:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            function()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def wait(*pids):
    for pid in pids:
        same(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)


@check
def ten_thousand_names_are_listed_once_each():
    names = [f"n{index:05}" for index in range(10_000)]
    for name in names:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    same(sorted(os.listdir()), names)
    same(sum(entry.stat().st_size for entry in os.scandir()), 0)


@check
def names_are_listed_once_each_while_they_are_unlinked():
    for index in range(3000):
        write(f"n{index:05}", b"")
    seen = 0
    for entry in os.scandir():
        os.unlink(entry.name)
        seen += 1
    same((seen, os.listdir()), (3000, []))


@check
def o_excl_refuses_an_existing_name():
    write("a", b"")
    fails(errno.EEXIST, os.open, "a", os.O_CREAT | os.O_EXCL | os.O_WRONLY)


@check
def appends_of_two_processes_never_overwrite_each_other():
    def append(letter):
        descriptor = os.open("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        for index in range(1000):
            os.write(descriptor, b"%s%05d\n" % (letter, index))

    wait(*[in_child(lambda letter=letter: append(letter)) for letter in (b"a", b"b")])
    lines = read("log").splitlines()
    for letter in (b"a", b"b"):
        same([line for line in lines if line.startswith(letter)], [b"%s%05d" % (letter, index) for index in range(1000)])
    same(len(lines), 2000)


@check
def rename_replaces_and_who_has_the_old_file_open_keeps_it():
    write("old", b"old")
    write("new", b"new")
    with open("old", "rb") as file:
        os.rename("new", "old")
        same((file.read(), read("old"), os.listdir()), (b"old", b"new", ["old"]))


@check
def rename_exchanges_refuses_to_replace_and_never_makes_a_loop():
    write("a", b"a")
    write("b", b"b")
    same(libc.renameat2(AT_FDCWD, b"a", AT_FDCWD, b"b", RENAME_EXCHANGE), 0)
    same((read("a"), read("b")), (b"b", b"a"))
    same((libc.renameat2(AT_FDCWD, b"a", AT_FDCWD, b"b", RENAME_NOREPLACE), ctypes.get_errno()), (-1, errno.EEXIST))
    os.makedirs("d/e")
    fails(errno.EINVAL, os.rename, "d", "d/e/f")
    fails(errno.ENOTEMPTY, os.rmdir, "d")


@check
def hard_links_share_one_inode():
    write("a", b"x")
    os.link("a", "b")
    same(os.stat("a").st_ino, os.stat("b").st_ino)
    same(os.stat("a").st_nlink, 2)
    os.unlink("a")
    same((os.stat("b").st_nlink, read("b")), (1, b"x"))
    fails(errno.EPERM, os.link, ".", "c")


@check
def symlinks_hold_any_target():
    write("target", b"x")
    os.symlink("target", "link")
    same((os.readlink("link"), read("link"), os.lstat("link").st_size), ("target", b"x", 6))
    os.symlink("nowhere", "dangling")
    fails(errno.ENOENT, os.stat, "dangling")


@check
def names_are_bytes_up_to_255_of_them():
    name = os.fsencode("ü") + b"\xff\xfe"
    write(name, b"x")
    same((os.listdir(b"."), read(name)), ([name], b"x"))
    write("n" * 255, b"")
    fails(errno.ENAMETOOLONG, os.open, "n" * 256, os.O_CREAT | os.O_WRONLY)
    fails(errno.ENAMETOOLONG, os.unlink, "n" * 256)


@check
def a_sparse_file_of_5_gib_takes_a_block():
    descriptor = os.open("sparse", os.O_CREAT | os.O_RDWR)
    os.ftruncate(descriptor, 5 * GIB)
    os.pwrite(descriptor, b"z", 4 * GIB)
    os.close(os.dup(descriptor))
    # Where the kernel caches writes, blocks are counted when a descriptor is closed.
    same((os.fstat(descriptor).st_size, os.fstat(descriptor).st_blocks), (5 * GIB, 8))
    same(os.pread(descriptor, 8192, 4 * GIB - 4096), bytes(4096) + b"z" + bytes(4095))
    # What the kernel may hold back must never look like a hole.
    found = (os.lseek(descriptor, 0, os.SEEK_DATA), os.lseek(descriptor, 0, os.SEEK_HOLE))
    same(found, (0, 5 * GIB) if CACHED else (4 * GIB, 0))


@check
def fallocate_allocates_punches_and_zeroes():
    descriptor = os.open("a", os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(descriptor, 0, 100_000)
    same(os.fstat(descriptor).st_size, 100_000)
    os.write(descriptor, b"x" * 100_000)
    same(libc.fallocate(descriptor, PUNCH_HOLE | KEEP_SIZE, 4096, 8192), 0)
    same(libc.fallocate(descriptor, ZERO_RANGE, 0, 100), 0)
    same(os.pread(descriptor, 12_288, 0), bytes(100) + b"x" * 3996 + bytes(8192))
    same((libc.fallocate(descriptor, COLLAPSE_RANGE, 0, 4096), ctypes.get_errno()), (-1, errno.EOPNOTSUPP))


@check
def extended_attributes_are_kept_and_access_control_lists_refused():
    write("a", b"")
    os.setxattr("a", "user.long", b"1" * 1000)
    os.setxattr("a", "trusted.b", bytes(range(256)))
    same(sorted(os.listxattr("a")), ["trusted.b", "user.long"])
    same((os.getxattr("a", "user.long"), os.getxattr("a", "trusted.b")), (b"1" * 1000, bytes(range(256))))
    fails(errno.EEXIST, os.setxattr, "a", "user.long", b"", os.XATTR_CREATE)
    os.removexattr("a", "user.long")
    fails(errno.ENODATA, os.getxattr, "a", "user.long")
    entry = b"\x02\0\0\0" + b"\x01\0\x06\0\xff\xff\xff\xff\x04\0\x04\0\xff\xff\xff\xff\x20\0\x04\0\xff\xff\xff\xff"
    fails(errno.EOPNOTSUPP, os.setxattr, "a", "system.posix_acl_access", entry)


@check
def flock_and_fcntl_locks_exclude_each_other_s_holders():
    first, second = open("a", "w"), open("a", "w")
    fcntl.flock(first, fcntl.LOCK_EX)
    fails(errno.EAGAIN, fcntl.flock, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.lockf(first, fcntl.LOCK_EX, 10, 0)

    def other_process():
        with open("a", "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 20)
            fails(errno.EAGAIN, fcntl.lockf, file, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 2)

    wait(in_child(other_process))


@check
def a_writable_shared_mapping_is_the_file():
    descriptor = os.open("a", os.O_CREAT | os.O_RDWR)
    os.ftruncate(descriptor, 1 << 20)
    with mmap.mmap(descriptor, 1 << 20) as mapping:
        mapping[900_000:900_005] = b"world"
        mapping.flush()
        same(os.pread(descriptor, 5, 900_000), b"world")
        os.pwrite(descriptor, b"written", 5000)
        same(mapping[5000:5007], b"written")
        mapping[0:5] = b"hello"
    os.close(descriptor)
    same(read("a")[:6], b"hello\0")


@check
def an_unlinked_file_lives_while_it_is_open():
    descriptor = os.open("a", os.O_CREAT | os.O_RDWR)
    os.write(descriptor, b"still")
    os.unlink("a")
    os.fsync(descriptor)
    os.ftruncate(descriptor, 2)
    same((os.pread(descriptor, 9, 0), os.fstat(descriptor).st_nlink, os.listdir()), (b"st", 0, []))


@check
def a_file_without_a_name_can_be_given_one():
    descriptor = os.open(".", os.O_TMPFILE | os.O_RDWR)
    os.write(descriptor, b"x")
    same(os.fstat(descriptor).st_nlink, 0)
    path = f"/proc/self/fd/{descriptor}".encode()
    same(libc.linkat(AT_FDCWD, path, AT_FDCWD, b"named", AT_SYMLINK_FOLLOW), 0)
    same((read("named"), os.stat("named").st_nlink), (b"x", 1))


@check
def direct_io_of_more_than_a_request_arrives_whole():
    data = mmap.mmap(-1, 3 << 20)
    data[:] = os.urandom(len(data))
    descriptor = os.open("a", os.O_CREAT | os.O_RDWR | os.O_DIRECT)
    same(os.write(descriptor, data), len(data))
    assert read("a") == data[:], "other bytes came back"


@check
def copy_file_range_copies():
    write("a", os.urandom(3 << 20))
    source, target = os.open("a", os.O_RDONLY), os.open("b", os.O_CREAT | os.O_WRONLY)
    while os.copy_file_range(source, target, 1 << 30) > 0:
        pass
    assert read("a") == read("b"), "the copy differs"


@check
def special_files_are_what_they_were_made_as():
    os.mkfifo("fifo")
    os.mknod("null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    socket.socket(socket.AF_UNIX).bind("socket")
    kinds = [stat.S_IFMT(os.stat(name).st_mode) for name in ("fifo", "null", "socket")]
    same(kinds, [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
    same(os.stat("null").st_rdev, os.makedev(1, 3))


@check
def modes_obey_the_umask_and_set_group_id_directories():
    os.umask(0o027)
    os.mkdir("masked")
    os.umask(0o022)
    same(stat.S_IMODE(os.stat("masked").st_mode), 0o750)
    os.mkdir("shared")
    os.chown("shared", 0, 1234)
    os.chmod("shared", 0o2775)
    os.mkdir("shared/d")
    write("shared/f", b"")
    same((os.stat("shared/d").st_gid, os.stat("shared/f").st_gid), (1234, 1234))
    assert os.stat("shared/d").st_mode & stat.S_ISGID


@check
def set_user_id_and_capabilities_go_when_others_write():
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    changes = {
        "write": lambda: os.write(os.open("a", os.O_WRONLY), b"w"),
        "truncate": lambda: os.truncate("a", 1),
    }
    for name, change in changes.items():
        write("a", b"abc")
        os.chown("a", 0, 0)
        os.chmod("a", 0o6777)
        os.setxattr("a", "security.capability", capability)
        wait(in_child(change, NOBODY))
        same((name, oct(os.stat("a").st_mode & 0o7777), os.listxattr("a")), (name, "0o777", []))
    os.chmod("a", 0o6777)
    os.chown("a", 1, -1)
    same(oct(os.stat("a").st_mode & 0o7777), "0o777")


@check
def permissions_hold():
    os.mkdir("private", 0o700)
    write("private/a", b"")
    write("readable", b"x")

    def as_nobody():
        same(read("readable"), b"x")
        fails(errno.EACCES, read, "private/a")
        fails(errno.EACCES, write, "readable", b"")
        fails(errno.EACCES, write, "new", b"")
        fails(errno.EPERM, os.chmod, "readable", 0o777)

    wait(in_child(as_nobody, NOBODY))


@check
def times_are_kept_to_the_nanosecond_from_1901_on():
    write("a", b"")
    os.utime("a", ns=(-5_000_000_001, (1 << 33) * 10**9 + 999_999_999))
    same((os.stat("a").st_atime_ns, os.stat("a").st_mtime_ns), (-5_000_000_001, (1 << 33) * 10**9 + 999_999_999))


@check
def a_removed_directory_takes_no_names():
    os.mkdir("d")
    os.chdir("d")
    os.rmdir("../d")
    fails(errno.ENOENT, write, "a", b"")
    same(os.listdir(), [])


@check
def a_program_can_run_from_it():
    write("script", b"#!/bin/sh\nexit 0\n")
    os.chmod("script", 0o755)
    same(os.spawnv(os.P_WAIT, "./script", ["script"]), 0)


@check
def names_that_stay_are_listed_once_while_others_come_and_go():
    for index in range(2000):
        write(f"stays{index:05}", b"")
    seen = []
    for count, entry in enumerate(os.scandir()):
        seen.append(entry.name)
        write(f"comes{count}", b"")
        if count % 2 == 1:
            os.unlink(f"comes{count - 1}")
    same(sorted(name for name in seen if name.startswith("stays")), [f"stays{index:05}" for index in range(2000)])
    same(len(seen), len(set(seen)))


@check
def a_directory_can_be_read_on_from_any_place_told():
    for index in range(500):
        write(f"n{index:05}", b"")
    stream = libc.opendir(b".")

    def rest():
        names = []
        while entry := libc.readdir(stream):
            names.append(ctypes.string_at(entry + 19))
        return names

    places = []
    while True:
        place = libc.telldir(stream)
        if not libc.readdir(stream):
            break
        places.append(place)
    same(len(places), 502)
    libc.rewinddir(stream)
    names = rest()
    for index in (400, 3, 250):
        libc.seekdir(stream, places[index])
        same(rest(), names[index:])
    libc.closedir(stream)


@check
def every_byte_but_two_can_be_in_a_name():
    names = [bytes([byte]) for byte in range(1, 256) if byte not in b"/."]
    for name in names:
        write(name, name)
    same(sorted(os.listdir(b".")), names)
    same([read(name) for name in names], names)


@check
def synchronous_writes_of_every_kind_arrive():
    for flag in (os.O_SYNC, os.O_DSYNC):
        descriptor = os.open("a", os.O_CREAT | os.O_WRONLY | flag)
        same(os.write(descriptor, b"12345"), 5)
    same(os.pwritev(descriptor, [b"67", b"8"], 5, os.RWF_DSYNC), 3)
    same(os.pwritev(descriptor, [b"9"], 0, os.RWF_APPEND | os.RWF_SYNC), 1)
    same(read("a"), b"123456789")


@check
def what_takes_room_is_counted_and_comes_back():
    before = os.statvfs(".")
    write("a", os.urandom(8 << 20))
    os.fsync(os.open("a", os.O_RDONLY))
    during = os.statvfs(".")
    os.unlink("a")
    same((before.f_blocks, before.f_namemax), (during.f_blocks, 255))
    assert 2048 <= before.f_bfree - during.f_bfree < 2100, f"{before.f_bfree - during.f_bfree} blocks for 8 MiB"
    same(before.f_ffree - during.f_ffree, 1)


@check
def locks_of_open_file_descriptions_exclude_each_other():
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 10, 0)
    first, second = open("a", "w"), open("a", "r+")
    fcntl.fcntl(first, F_OFD_SETLK, lock)
    fails(errno.EAGAIN, fcntl.fcntl, second, F_OFD_SETLK, lock)
    first.close()
    fcntl.fcntl(second, F_OFD_SETLK, lock)


@check
def in_a_sticky_directory_only_owners_remove_names():
    os.mkdir("d")
    os.chmod("d", 0o1777)
    write("d/root's", b"")
    os.mkdir("plain")
    os.chmod("plain", 0o777)
    write("plain/root's", b"")

    def as_nobody():
        fails(errno.EPERM, os.unlink, "d/root's")
        fails(errno.EPERM, os.rename, "d/root's", "d/mine")
        write("d/own", b"")
        os.unlink("d/own")
        os.unlink("plain/root's")

    wait(in_child(as_nobody, NOBODY))
    same(os.listdir("d"), ["root's"])


@check
def only_root_gives_files_away():
    write("a", b"")
    os.chown("a", NOBODY, NOBODY)

    def as_nobody():
        os.chown("a", NOBODY, NOBODY)
        os.chown("a", -1, NOBODY)
        fails(errno.EPERM, os.chown, "a", 0, -1)
        fails(errno.EPERM, os.chown, "a", -1, 0)
        os.utime("a", ns=(5, 6))

    wait(in_child(as_nobody, NOBODY))
    same((os.stat("a").st_uid, os.stat("a").st_gid, os.stat("a").st_mtime_ns), (NOBODY, NOBODY, 6))


@check
def changes_move_the_times_that_they_should():
    write("a", b"a")
    os.mkdir("d")

    def moved(change, *names):
        for name in names:
            os.utime(name, ns=(1, 1))
        before = [os.stat(name).st_ctime_ns for name in names]
        time.sleep(0.02)
        change()
        found = [os.stat(name) for name in names]
        return [(stat_.st_mtime_ns > 1, stat_.st_ctime_ns > old) for stat_, old in zip(found, before)]

    neither, status, both = (False, False), (False, True), (True, True)
    same(moved(lambda: write("a", b"b"), "a"), [both])
    same(moved(lambda: read("a"), "a"), [neither])
    same(moved(lambda: os.chmod("a", 0o600), "a"), [status])
    same(moved(lambda: os.link("a", "d/b"), "a", "d"), [status, both])
    same(moved(lambda: os.rename("d/b", "d/c"), "a", "d"), [status, both])
    same(moved(lambda: os.unlink("d/c"), "a", "d"), [status, both])
    same(moved(lambda: os.truncate("a", 0), "a"), [both])
    same(moved(lambda: os.setxattr("a", "user.x", b""), "a"), [status])


@check
def fifos_and_sockets_connect_their_two_ends():
    os.mkfifo("fifo")
    child = in_child(lambda: write("fifo", b"through"))
    same(read("fifo"), b"through")
    wait(child)
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    server.listen(1)
    client = socket.socket(socket.AF_UNIX)
    client.connect("socket")
    client.send(b"hello")
    same(server.accept()[0].recv(5), b"hello")


root = os.open(".", os.O_RDONLY)
for number, function in enumerate(checks):
    os.fchdir(root)
    os.mkdir(f"check{number}")
    os.chdir(f"check{number}")
    wrong = None
    try:
        function()
    except BaseException as error:
        wrong = f"{type(error).__name__}: {error} at line {traceback.extract_tb(error.__traceback__)[-1].lineno}"
    result = {"check": function.__name__.replace("_", " "), **({} if wrong is None else {"wrong": wrong})}
    print(json.dumps(result), flush=True)
