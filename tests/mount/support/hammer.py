"""One of several processes that use a disk hard: `hammer.py DISK STATE EPOCH WORKER SECONDS`.

It writes, syncs, truncates, renames, links and unlinks files of its own and files that it shares with the others, and
checks every byte that it reads while the disk forgets un-synced data under it, or after a cut. STATE, outside the disk,
remembers what it wrote and what was promised to it across its own death. EPOCH holds a counter that is odd while a loss
happens: a sync proves something only for a write since which no loss began. Prints what it did; fails loudly.

A block of its own file holds its number and version, over and over: it must be a version from the last promised to the last
written one, or zeros where nothing was promised since the last truncation.
"""
import errno
import mmap
import os
import random
import struct
import sys
import time

BLOCK = 4096
BLOCKS = 64
SHARED_BLOCKS = 128
READS = 100
RECORD = 64
NAMES = 12
MAGIC = b"powercut"


def block_of(worker, number, version):
    return struct.pack("<8sIII12x", MAGIC, worker, number, version) * (BLOCK // 32)


def parse(block):
    """Worker, number and version of a whole block; zeros are None; anything else is wrong."""
    if block.count(0) == len(block):
        return None
    magic, worker, number, version = struct.unpack_from("<8sIII", block)
    assert magic == MAGIC and block == block_of(worker, number, version), f"a torn block: {block[:64]!r}"
    return worker, number, version


class State:
    """Versions of each block: promised, written; and whether zeros are right, too."""

    def __init__(self, name):
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT)
        if os.fstat(descriptor).st_size == 0:
            os.write(descriptor, struct.pack("<I", 0) * 2 * BLOCKS + struct.pack("<I", 1) * BLOCKS)
        memory = memoryview(mmap.mmap(descriptor, 12 * BLOCKS)).cast("I")
        self.promised, self.written, self.zero = (memory[i * BLOCKS : (i + 1) * BLOCKS] for i in range(3))


class Hammer:
    def __init__(self, disk, state, epoch, worker, seed):
        self.state, self.worker, self.rng = State(state), worker, random.Random(seed)
        self.epoch = memoryview(mmap.mmap(os.open(epoch, os.O_RDWR), 4)).cast("I")
        self.home = os.path.join(disk, f"worker{worker}")
        self.shared = os.path.join(disk, "shared")
        self.counts = {}
        os.makedirs(self.shared, exist_ok=True)
        os.makedirs(self.home, exist_ok=True)
        self.names = [os.path.join(self.home, name) for name in ("a", "b")]
        found = [name for name in self.names if os.path.exists(name)]
        assert len(found) == 1 or (not found and not any(self.state.promised)), f"the file's names are {found}"
        self.name = found[0] if found else self.names[0]
        self.file = os.open(self.name, os.O_RDWR | os.O_CREAT)
        os.fsync(self.file)
        for directory in (self.home, disk):
            sync_directory(directory)
        self.check_all()

    def step(self):
        actions = {
            self.write: 40,
            self.check_one: 30,
            self.append: 10,
            self.write_shared: 10,
            self.check_shared: 6,
            self.truncate: 4,
            self.rename: 6,
            self.link: 4,
            self.churn: 10,
            self.check_log: 2,
        }
        action = self.rng.choices(list(actions), list(actions.values()))[0]
        self.counts[action.__name__] = self.counts.get(action.__name__, 0) + 1
        action()

    def promise(self, epoch, numbers, zero):
        """What was done to these blocks since `epoch` was read is durable, if nothing was lost in between."""
        if epoch % 2 == 1 or self.epoch[0] != epoch:
            return
        for number in numbers:
            self.state.promised[number] = self.state.written[number]
            self.state.zero[number] = zero

    def write(self):
        epoch = self.epoch[0]
        first = self.rng.randrange(BLOCKS)
        numbers = range(first, min(BLOCKS, first + self.rng.choice([1, 1, 2, 8, 32])))
        for number in numbers:
            self.state.written[number] += 1
        data = b"".join(block_of(self.worker, number, self.state.written[number]) for number in numbers)
        assert os.pwrite(self.file, data, first * BLOCK) == len(data)
        if self.rng.random() < 0.3:
            (os.fdatasync if self.rng.random() < 0.5 else os.fsync)(self.file)
            self.promise(epoch, numbers, 0)

    def truncate(self):
        epoch = self.epoch[0]
        first = self.rng.randrange(BLOCKS)
        for number in range(first, BLOCKS):
            self.state.zero[number] = 1
        os.ftruncate(self.file, first * BLOCK)
        os.fsync(self.file)
        gone = range(first, BLOCKS)
        if epoch % 2 == 0 and self.epoch[0] == epoch:
            for number in gone:
                self.state.written[number] += 1
                self.state.promised[number] = self.state.written[number]

    def check_one(self):
        self.check(self.rng.randrange(BLOCKS))

    def check(self, number):
        block = os.pread(self.file, BLOCK, number * BLOCK)
        assert len(block) in (0, BLOCK), f"{len(block)} bytes of a block"
        found = parse(block)
        low, high, zero = (column[number] for column in (self.state.promised, self.state.written, self.state.zero))
        where = f"block {number} of worker {self.worker}"
        if found is None:
            assert zero, f"{where} is zeros, promised was version {low}"
        else:
            assert found[:2] == (self.worker, number), f"{where} is another's: {found}"
            assert low <= found[2] <= high, f"{where} has version {found[2]}, not {low} to {high}"

    def check_all(self):
        for number in range(BLOCKS):
            self.check(number)

    def append(self):
        log = os.open(os.path.join(self.shared, "log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        record = struct.pack("<8sII48x", MAGIC, self.worker, self.rng.randrange(1 << 31))
        assert os.write(log, record) == RECORD
        if self.rng.random() < 0.1:
            os.fsync(log)
        os.close(log)

    def check_log(self):
        name = os.path.join(self.shared, "log")
        if not os.path.exists(name):
            return
        # One call: a file that shrinks and grows between two gives the halves of different records.
        file = os.open(name, os.O_RDONLY)
        log = os.pread(file, os.fstat(file).st_size, 0)
        os.close(file)
        assert len(log) % RECORD == 0, f"the log has {len(log)} bytes"
        for offset in range(0, len(log), RECORD):
            # Zeros: an append that was decided before a loss and arrived after it.
            assert log[offset : offset + 8] in (MAGIC, bytes(8)), f"a torn record at {offset}"
        if len(log) > 1 << 20:
            os.truncate(name, 0)

    def write_shared(self):
        file = os.open(os.path.join(self.shared, "blocks"), os.O_RDWR | os.O_CREAT)
        number = self.rng.randrange(SHARED_BLOCKS)
        os.pwrite(file, block_of(self.worker, number, self.rng.randrange(1 << 31)), number * BLOCK)
        if self.rng.random() < 0.1:
            os.fsync(file)
        os.close(file)

    def check_shared(self):
        file = os.open(os.path.join(self.shared, "blocks"), os.O_RDWR | os.O_CREAT)
        number = self.rng.randrange(SHARED_BLOCKS)
        found = parse(read_shared(file, number))
        assert found is None or found[1] == number, f"shared block {number} is block {found}"
        os.close(file)

    def rename(self):
        new_name = self.names[1 - self.names.index(self.name)]
        os.rename(self.name, new_name)
        self.name = new_name
        assert os.stat(new_name).st_ino == os.fstat(self.file).st_ino
        if self.rng.random() < 0.5:
            sync_directory(self.home)

    def link(self):
        link = os.path.join(self.home, "link")
        if os.path.exists(link):
            os.unlink(link)
        os.link(self.name, link)
        assert os.fstat(self.file).st_nlink == 2
        os.unlink(link)
        assert os.fstat(self.file).st_nlink == 1

    def churn(self):
        """Names that all workers create, replace, link and unlink; a file tells whose it is."""
        one, other = (os.path.join(self.shared, f"f{self.rng.randrange(NAMES)}") for _ in range(2))
        try:
            choice = self.rng.randrange(5)
            if choice == 0:
                temporary = os.path.join(self.shared, f"temporary{self.worker}")
                with open(temporary, "wb") as file:
                    file.write(block_of(self.worker, 0, 1) * 4)
                    if self.rng.random() < 0.5:
                        file.flush()
                        os.fsync(file.fileno())
                os.rename(temporary, one)
            elif choice == 1:
                os.rename(one, other)
            elif choice == 2:
                os.link(one, other)
            elif choice == 3:
                os.unlink(one)
            else:
                file = os.open(one, os.O_RDONLY)
                data = os.pread(file, 5 * BLOCK, 0)
                os.close(file)
                # A loss may fall between two pages of one read.
                assert len(data) in range(0, 5 * BLOCK, BLOCK), f"{one} has {len(data)} bytes"
                blocks = {parse(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)}
                assert len(blocks - {None}) <= 1, f"{one} holds {blocks}"
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EEXIST):
                raise


def read_shared(file, number):
    """A block that others write meanwhile. A read that meets a write may give some of both, on ext4 and tmpfs as here: the
    kernel's page cache locks nothing for reads. It is read again; a block that is torn on the disk stays torn."""
    for _ in range(READS):
        block = os.pread(file, BLOCK, number * BLOCK)
        if block == block[:32] * (len(block) // 32):
            break
    return block


def sync_directory(name):
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def main(disk, state, epoch, worker, seconds):
    until = time.monotonic() + float(seconds)
    hammer = Hammer(disk, state, epoch, int(worker), f"{worker} {time.time_ns()}")
    print("ready", flush=True)
    longest = 0
    while time.monotonic() < until:
        start = time.monotonic()
        hammer.step()
        longest = max(longest, time.monotonic() - start)
    hammer.check_all()
    print({"worker": int(worker), "steps": sum(hammer.counts.values()), "longestMs": round(longest * 1000)})


main(*sys.argv[1:])
