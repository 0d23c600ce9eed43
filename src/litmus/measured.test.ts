/**
 * What was measured on real ext4, XFS and btrfs (Linux 6.18, default mkfs): each outcome must be in its profile's set, and what
 * the rules forbid must not be.
 */
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { LegalOutcomes } from './legal.ts';
import { parseProgram } from './parse.ts';

interface Row {
  readonly setup: string;
  readonly run: string;
  readonly found: Readonly<Record<string, readonly string[]>>;
  readonly never?: Readonly<Record<string, readonly string[]>>;
}

const rename = 'create tmp "new"; fsync tmp; rename tmp t';
const lost = 'create tmp "new"; rename tmp t';
const pages = 'o*65536';

const rows: Readonly<Record<string, Row>> = {
  'create and write, nothing synced': { setup: '', run: 'create f "new"', found: { all: ['(empty)'] } },
  'create, write, fsync of the file only': {
    setup: '',
    run: 'create f "new"; fsync f',
    found: { all: ['f="new"'] },
    never: { real: ['(empty)', 'f=""'] },
  },
  'create, write, fdatasync of the file only': {
    setup: '',
    run: 'create f "new"; fdatasync f',
    found: { all: ['f="new"'] },
    never: { real: ['(empty)', 'f=""'] },
  },
  'new directories, fsync of the file only': {
    setup: '',
    run: 'mkdir d; mkdir d/e; create d/e/f "new"; fsync d/e/f',
    found: { all: ['d/ d/e/ d/e/f="new"'] },
    never: { real: ['(empty)', 'd/', 'd/ d/e/'] },
  },
  'create and write, fsync of the directory only': {
    setup: '',
    run: 'create f "new"; fsync .',
    found: { all: ['f=""'] },
    never: { all: ['(empty)'] },
  },
  'new directories, fsync of the outer one': {
    setup: '',
    run: 'mkdir d; mkdir d/e; fsync d',
    found: { all: ['d/ d/e/'] },
  },
  'new directories, fsync of the inner one': {
    setup: '',
    run: 'mkdir d; mkdir d/e; fsync d/e',
    found: { all: ['d/ d/e/'] },
    never: { real: ['d/', '(empty)'] },
  },
  'rename over, no fsync of the directory': {
    setup: 'create t "old"',
    run: rename,
    found: { all: ['t="old" tmp="new"', 't="new"'] },
    never: { all: ['t="new" tmp="new"'], real: ['t=""', 't="old"'] },
  },
  'rename over, fsync of the file': {
    setup: 'create t "old"',
    run: `${rename}; fsync t`,
    found: { all: ['t="new"'] },
    never: { real: ['t="old" tmp="new"'] },
  },
  'rename over, fsync of the directory': {
    setup: 'create t "old"',
    run: `${rename}; fsync .`,
    found: { all: ['t="new"'] },
    never: { all: ['t="old" tmp="new"'] },
  },
  'rename over, fsync of an unrelated new file': {
    setup: 'create t "old"; mkdir d',
    run: `${rename}; create d/x "x"; fsync d/x`,
    found: { all: ['d/ d/x="x" t="new"'] },
    never: { journal: ['d/ d/x="x" t="old" tmp="new"'] },
  },
  'rename, fsync of a clean file': {
    setup: 'create a "a"; create c "c"',
    run: 'rename a b; fsync c',
    found: { all: ['a="a" c="c"'] },
  },
  'rename, fsync of a file that grew': {
    setup: 'create a "a"; create c "c"',
    run: 'rename a b; append c "c"; fsync c',
    found: { journal: ['b="a" c="cc"'], btrfs: ['a="a" c="cc"'] },
    never: { journal: ['a="a" c="cc"'] },
  },
  'rename, fdatasync of a file overwritten in place': {
    setup: 'create a "a"; create c "c"',
    run: 'rename a b; write c 0 "x"; fdatasync c',
    found: { all: ['a="a" c="x"'] },
  },
  'unlink, fsync of another file of the directory': {
    setup: 'create x "x"; create c "c"',
    run: 'unlink x; append c "c"; fsync c',
    found: { journal: ['c="cc"'], btrfs: ['c="cc" x="x"'] },
    never: { journal: ['c="cc" x="x"'] },
  },
  'unlink, fsync of a new file of the directory': {
    setup: 'create x "x"',
    run: 'unlink x; create z "z"; fsync z',
    found: { journal: ['z="z"'], btrfs: ['x="x" z="z"'] },
    never: { journal: ['x="x" z="z"'] },
  },
  'unlink, fsync of the directory': {
    setup: 'create x "x"',
    run: 'unlink x; fsync .',
    found: { all: ['(empty)'] },
    never: { all: ['x="x"'] },
  },
  'link, fsync of the file': {
    setup: 'create a "a"',
    run: 'link a b; fsync a',
    found: { all: ['a="a" b==a'] },
    never: { real: ['a="a"'] },
  },
  'file moved aside and made anew, fsync of the new one': {
    setup: 'create f "old"',
    run: 'rename f f.1; create f "new"; fsync f',
    found: { all: ['f="new" f.1="old"'] },
    never: { real: ['f="old"', 'f="new"'] },
  },
  'unrelated changes, fsync of a new file elsewhere': {
    setup: 'mkdir B; mkdir C; create C/c "c"; mkdir E',
    run: 'mkdir A; create B/f; rename C/c C/d; create E/e "e"; fsync E/e',
    found: { journal: ['A/ B/ B/f="" C/ C/d="c" E/ E/e="e"'], btrfs: ['B/ C/ C/c="c" E/ E/e="e"'] },
    never: { journal: ['B/ C/ C/c="c" E/ E/e="e"'] },
  },
  'rename across directories, fsync of the new one': {
    setup: 'mkdir p; mkdir q; create p/a "a"',
    run: 'rename p/a q/a; fsync q',
    found: { journal: ['p/ q/ q/a="a"'], btrfs: ['p/ p/a="a" q/ q/a==p/a'] },
    never: { journal: ['p/ p/a="a" q/', 'p/ p/a="a" q/ q/a==p/a'], all: ['p/ q/'] },
  },
  'rename across directories, fsync of the old one': {
    setup: 'mkdir p; mkdir q; create p/a "a"',
    run: 'rename p/a q/a; fsync p',
    found: { all: ['p/ q/ q/a="a"'] },
    never: { all: ['p/ q/', 'p/ p/a="a" q/'] },
  },
  'rename across directories, fsync of the file': {
    setup: 'mkdir p; mkdir q; create p/a "a"',
    run: 'rename p/a q/a; fsync q/a',
    found: { all: ['p/ q/ q/a="a"'] },
    never: { real: ['p/ p/a="a" q/'] },
  },
  'rename of a directory, fsync of a clean file in it': {
    setup: 'mkdir d; create d/f "f"',
    run: 'rename d e; fsync e/f',
    found: { all: ['d/ d/f="f"'] },
    never: { all: ['d/ d/f="f" e/', '(empty)'] },
  },
  'exchange, fsync of a file': {
    setup: 'create a "a"; create b "b"',
    run: 'exchange a b; fsync a',
    found: { all: ['a="b" b="a"'] },
    never: { real: ['a="a" b="b"'], all: ['a="a" b==a', 'a="b" b==a'] },
  },
  'symlink, fsync of the directory': {
    setup: '',
    run: 'symlink x s; fsync .',
    found: { all: ['s->"x"'] },
    never: { all: ['(empty)'] },
  },
  'overwrite in place, fsync of another file': {
    setup: 'create f "old"; create o "o"',
    run: 'write f 0 "new"; append o "o"; fsync o',
    found: { all: ['f="old" o="oo"'] },
  },
  'overwrite of pages, some of them written back': {
    setup: `create f ${pages}`,
    run: 'write f 0 n*65536; writeback f 32768 16384',
    found: {
      journal: ['f=o*32768+n*16384+o*16384', 'f=o*32768+n*512+o*32256'],
      btrfs: ['f=o*65536'],
    },
    never: { btrfs: ['f=o*32768+n*512+o*32256'] },
  },
  'append inside a block, commit': {
    setup: 'create f "foo"',
    run: 'append f "new"; wait',
    found: { ext4: ['f="foo\\0\\0\\0"'], xfs: ['f="foo"'], btrfs: ['f="foo"'], all: ['f="foonew"'] },
    never: { xfs: ['f="foo\\0\\0\\0"'], btrfs: ['f="foo\\0\\0\\0"'], real: ['f="fooXXX"'] },
  },
  'append of 64 KiB, commit': {
    setup: 'create f "foo"',
    run: 'append f n*65536; wait',
    found: { all: ['f="foo"'] },
  },
  'append of pages, some of them written back, commit': {
    setup: 'create f o*4096',
    run: 'append f n*61440; writeback f 32768 16384; wait',
    found: { journal: ['f=o*4096+\\0*28672+n*32768'], btrfs: ['f=o*4096'] },
  },
  'append, fdatasync': {
    setup: 'create f "foo"',
    run: 'append f "new"; fdatasync f',
    found: { all: ['f="foonew"'] },
    never: { all: ['f="foo"', 'f="foo\\0\\0\\0"'] },
  },
  'append with O_DSYNC': {
    setup: 'create f "foo"',
    run: 'append f "new" dsync',
    found: { all: ['f="foonew"'] },
    never: { all: ['f="foo"', 'f="foo\\0\\0\\0"'] },
  },
  'truncate, fsync of another file': {
    setup: 'create f o*100; create c "c"',
    run: 'truncate f 10; append c "c"; fsync c',
    found: { journal: ['c="cc" f="oooooooooo"'], btrfs: ['c="cc" f=o*100'] },
    never: { journal: ['c="cc" f=o*100'] },
  },
  'truncate, fdatasync': {
    setup: 'create f o*100',
    run: 'truncate f 10; fdatasync f',
    found: { all: ['f="oooooooooo"'] },
    never: { all: ['f=o*100'] },
  },
  'truncate to more, fsync of another file': {
    setup: 'create f "old"; create c "c"',
    run: 'truncate f 20; append c "c"; fsync c',
    found: { journal: ['c="cc" f="old"+\\0*17'], btrfs: ['c="cc" f="old"'] },
    never: { journal: ['c="cc" f="old"'] },
  },
  'rewrite with O_TRUNC': {
    setup: 'create f "old"',
    run: 'rewrite f "new"',
    found: { all: ['f="old"', 'f="new"', 'f=""'] },
    never: { real: ['f="neo"'] },
  },
  'un-synced file renamed over another': {
    setup: 'create t "old"',
    run: lost,
    found: { all: ['t="old"', 't="new"'], ext4: ['t="\\0\\0\\0"'], xfs: ['t=""'], btrfs: ['t=""'] },
    never: { ext4: ['t=""'], xfs: ['t="\\0\\0\\0"'] },
  },
  'un-synced file renamed to a fresh name': {
    setup: '',
    run: 'create tmp "new"; rename tmp f; wait',
    found: { all: ['f=""', 'f="new"', '(empty)'] },
  },
  'un-synced file renamed over another, fsync of the directory': {
    setup: 'create t "old"',
    run: `${lost}; fsync .`,
    found: { ext4: ['t="\\0\\0\\0"', 't="new"'], xfs: ['t=""'], btrfs: ['t=""'] },
    never: { real: ['t="old"', 't="old" tmp="new"'], ext4: ['t=""'] },
  },
  'un-synced 64 KiB renamed over another, fsync of the directory': {
    setup: 'create t "old"',
    run: 'create tmp n*65536; rename tmp t; fsync .',
    found: { ext4: ['t=\\0*65536', 't=n*65536'], xfs: ['t=""'], btrfs: ['t=""'] },
    never: { ext4: ['t=""', 't="old"'] },
  },
  'un-synced file renamed over another, fsync of an unrelated file': {
    setup: 'create t "old"; create c "c"',
    run: `${lost}; append c "c"; fsync c`,
    found: { ext4: ['c="cc" t="new"'], xfs: ['c="cc" t=""'], btrfs: ['c="cc" t="old"'] },
    never: { journal: ['c="cc" t="old"'] },
  },
};

const real = ['ext4', 'xfs', 'btrfs'];
const groups: Readonly<Record<string, readonly string[]>> = {
  all: [...real, 'strict'],
  real,
  journal: ['ext4', 'xfs'],
  ext4: ['ext4'],
  xfs: ['xfs'],
  btrfs: ['btrfs'],
};

describe.each(Object.entries(rows))('%s', (name, { setup, run, found, never = {} }) => {
  const lines = (text: string) => text.split('; ').filter(Boolean).join('\n');
  const legal = new LegalOutcomes(parseProgram(name, `setup\n${lines(setup)}\nrun\n${lines(run)}`));
  const allowed = (kind: typeof found, profile: string) =>
    Object.entries(kind).flatMap(([group, outcomes]) => (groups[group]!.includes(profile) ? outcomes : []));

  test.each(groups['all']!.filter((profile) => persistenceProfiles.has(profile)))('%s', (profile) => {
    const model = persistenceProfiles.get(profile)!;
    for (const outcome of allowed(found, profile)) {
      expect([outcome, legal.allows(model, outcome)]).toEqual([outcome, true]);
    }
    for (const outcome of allowed(never, profile)) {
      expect([outcome, legal.allows(model, outcome)]).toEqual([outcome, false]);
    }
  });

  test.runIf(persistenceProfiles.has('strict'))('strict allows what any file system shows', () => {
    for (const outcome of Object.values(found).flat()) {
      expect([outcome, legal.allows(persistenceProfiles.get('strict')!, outcome)]).toEqual([outcome, true]);
    }
  });
});
