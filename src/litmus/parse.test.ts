import { describe, expect, test } from 'vitest';
import { parseProgram } from './parse.ts';
import { printProgram } from './print.ts';

const everyStatement = `# One of each.
#
# Second paragraph.
setup
create f
create g "old"
mkdir d
symlink some/where s

run
write f 4096 A*4096+"tail#1" dsync
append g "more" sync
rewrite g "new\\x20\\"quoted\\""
truncate f 10
allocate f 0 65536
punch f 0 4096
rmdir d
link g h
unlink h
rename g i
exchange f i
chmod f 0600
setxattr f user.k "v"
removexattr f user.k
tmpfile @t .
write @t 0 "x"
link @t named
close @t
open @f f dsync
fsync @f
fdatasync .
writeback @f 0 4096
writeback f
wait
sync

allow ext4: f="foo\\0\\0\\0" i=?
forbid ext4,xfs: d/ !f ...
forbid strict: (empty)
`;

test('a program is printed as it was read', () => {
  expect(printProgram(parseProgram('every', everyStatement))).toBe(everyStatement);
});

test('comments, blank lines and units change nothing', () => {
  const program = parseProgram('p', '\n# head\nrun # now\n\n  create f A*8+A*8 # "data"\n truncate f 4KiB\n');
  expect(printProgram(program)).toBe('# head\nrun\ncreate f A*16\ntruncate f 4096\n');
});

describe('what is wrong is told with its line', () => {
  test.each([
    ['run\nfrobnicate f', 'p, line 2: frobnicate is no statement; there are: create, write,'],
    ['run\nwrite f "x"', 'p, line 2: this statement is written: write FILE OFFSET DATA [sync|dsync]'],
    ['run\nwrite f 0 x', 'p, line 2: x is no data: write "text", A*4096, or parts joined by +'],
    ['run\nwrite f 0 "\\q"', 'p, line 2: \\q is no escape: use \\0, \\n'],
    ['run\nwriteback f 0', 'p, line 2: this statement is written: writeback FILE [OFFSET LENGTH]'],
    ['run\nwrite f 0 "x" async', 'p, line 2: async is neither sync nor dsync'],
    ['run\ncreate /f', 'p, line 2: /f is no path'],
    ['run\nmkdir a/../b', 'p, line 2: a/../b is no path'],
    ['run\nfsync @h', 'p, line 2: @h is not open: `open @h PATH` comes first'],
    ['run\nopen @h f\nopen @h g', 'p, line 3: @h is open already'],
    ['run\nopen @h f\nclose @h\nfsync @h', 'p, line 4: @h is not open'],
    ['run\nopen @h f\nwrite @h 0 "x" sync', 'p, line 3: sync belongs to the line that opens @h'],
    ['create f\nrun', 'p, line 1: a line `setup` or `run` must stand before the first statement'],
    ['run\nsync\nsetup', 'p, line 3: `setup` cannot come after `run`'],
    ['setup\ncreate f', 'p: nothing is run'],
    ['run\nsync\nforbid: f', 'p, line 3: an assertion is `allow PROFILE: OUTCOME`'],
    ['run\nsync\nforbid ext4: f', 'p, line 3: f is no entry of an outcome'],
    ['run\nsync\nforbid ext4: f=""\nsync', 'p, line 4: statements stand before all allow and forbid lines'],
    ['run\nchmod f rw', 'p, line 2: rw is no mode'],
    ['run\nsetxattr f trusted.k "v"', 'p, line 2: trusted.k is no name of an xattr here'],
    ['run\ntruncate f 5GB', 'p, line 2: 5GB is no number of bytes'],
    ['run\nwrite f 0 A*999999999', 'p, line 2: A*999999999 is more than 16777216 bytes'],
  ])('%j', (text, message) => {
    expect(() => parseProgram('p', text)).toThrow(message);
  });
});
