import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandLines, parseCommand } from './commands.ts';

const faultOf = (line: string) => {
  const command = parseCommand(line);
  return command.kind === 'fault' ? command.checked.fault : command;
};

test.each(['clear-cache', 'cache-checkpoint', 'display-cache-usage', 'unsynced-data-report', 'help'])(
  '%s',
  (name) => {
    expect(parseCommand(`lazyfs::${name}`)).toEqual({ kind: name });
  },
);

test.each(['', 'lazyfs', 'lazyfs::', 'lazyfs::bogus', 'clear-cache', 'lazyfs::clear-cache::now'])(
  '%j is not taken for a command',
  (line) => {
    expect(['unknown', 'fault']).toContain(parseCommand(line).kind);
    expect(typeof faultOf(line) === 'string' || parseCommand(line).kind === 'unknown').toBe(true);
  },
);

test('a crash has its two paths, and only where an op has two', () => {
  expect(faultOf('lazyfs::crash::timing=before::op=rename::from_rgx=f1::to_rgx=f2')).toEqual({
    kind: 'crash',
    timing: 'before',
    op: 'rename',
    from: 'f1',
    to: 'f2',
  });
  expect(faultOf('lazyfs::crash::timing=before::op=write::from_rgx=f1::to_rgx=f2')).toMatch(
    /to_rgx does not go with write/,
  );
  expect(faultOf('lazyfs::crash::timing=never::op=write::from_rgx=f1')).toBe(
    "timing should be 'before' or 'after'",
  );
  expect(faultOf('lazyfs::crash::timing=after::op=write::from_rgx=(')).toMatch(/no regular expression/);
  expect(faultOf('lazyfs::crash::timing=after::op=mkdir::from_rgx=a')).toMatch(/op should be one of/);
  expect(faultOf('lazyfs::crash::timing=after::op=fsync')).toBe('from_rgx is missing');
});

test('torn faults take the occurrence that LazyFS documents and drops', () => {
  expect(faultOf('lazyfs::torn-op::file=/r/t::persist=3,1::parts=3::occurrence=2::return=true')).toEqual({
    kind: 'torn-op',
    file: '/r/t',
    persist: [1, 3],
    parts: 3,
    occurrence: 2,
    returns: true,
  });
  expect(faultOf('lazyfs::torn-op::file=/r/t::persist=1::parts_bytes=4096,3600')).toMatchObject({
    parts: [4096, 3600],
    occurrence: 1,
  });
  expect(faultOf('lazyfs::torn-seq::op=write::file=/r/t::persist=1,4::occurrence=3')).toMatchObject({
    kind: 'torn-seq',
    occurrence: 3,
  });
});

test('what is wrong with a fault is said, keys that are not known among it', () => {
  expect(faultOf('lazyfs::torn-op::file=/r/t::persist=1')).toBe('parts or parts_bytes is missing');
  expect(faultOf('lazyfs::torn-op::file=/r/t::persist=1::parts=2::parts_bytes=1,2')).toMatch(
    /exclude each other/,
  );
  expect(faultOf('lazyfs::torn-op::file=/r/t::persist=0::parts=2')).toBe(
    'persist should be a whole number above 0',
  );
  expect(faultOf('lazyfs::torn-seq::file=/r/t::persist=1::ocurrence=2')).toBe(
    'the key ocurrence is not known',
  );
});

test('the newer commands, and the words that their own test sends', () => {
  expect(
    faultOf('lazyfs::sync-pages::file=/r/t::timing=now::pages=second-half::sync-other-files=false'),
  ).toMatchObject({
    kind: 'sync-pages',
    pages: 'last-half',
    syncsOthers: false,
  });
  expect(
    faultOf('lazyfs::sync-pages::file=/r/t::timing=after::op=write::pages=1,3,7::crash=true'),
  ).toMatchObject({
    pages: [1, 3, 7],
    crash: true,
  });
  expect(parseCommand('lazyfs::snapshot::files_rgx=.*wal::save=/s')).toEqual({
    kind: 'snapshot',
    files: '.*wal',
    save: '/s',
  });
});

test('lines come out whole, however the writes were cut, and several of one write', () => {
  const line = fc
    .string({ minLength: 1, maxLength: 300, unit: 'grapheme-ascii' })
    .filter((text) => text.trim() !== '');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), fc.array(fc.nat(40)), (all, cuts) => {
      const text = all.map((each) => `${each}\n`).join('');
      const lines = new CommandLines();
      const heard: string[] = [];
      let rest = text;
      for (const cut of cuts) {
        heard.push(...lines.push(rest.slice(0, cut)));
        rest = rest.slice(cut);
      }
      heard.push(...lines.push(rest));
      expect(heard).toEqual(all);
      expect(lines.hasRest).toBe(false);
    }),
  );
});

test('a line without an end is not lost, nor is a character of it', () => {
  const lines = new CommandLines();
  expect(lines.push('lazyfs::clear-cache')).toEqual([]);
  expect(lines.takeRest()).toEqual(['lazyfs::clear-cache']);
});
