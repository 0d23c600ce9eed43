/**
 * Random things to do to a disk, as plain numbers that fast-check can shrink. Numbers point into what exists at the time
 * (modulo its count), so that a shrunk sequence still means something.
 */
import fc from 'fast-check';

/** An entry that exists, or any name in any directory. */
export type WhereChoice = { readonly existing: number } | { readonly dir: number; readonly name: string };

export type Command =
  | { readonly op: 'create' | 'mkdir' | 'symlink'; readonly at: WhereChoice }
  | { readonly op: 'temporary'; readonly dir: number }
  | { readonly op: 'link'; readonly file: number; readonly at: WhereChoice }
  | { readonly op: 'unlink' | 'rmdir'; readonly at: WhereChoice }
  | { readonly op: 'rename'; readonly from: WhereChoice; readonly to: WhereChoice; readonly flags: number }
  | { readonly op: 'write'; readonly file: number; readonly offset: number; readonly length: number }
  | { readonly op: 'truncate'; readonly file: number; readonly size: number }
  | {
      readonly op: 'allocate';
      readonly file: number;
      readonly mode: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly op: 'chmod' | 'utimes'; readonly inode: number; readonly value: number }
  | { readonly op: 'xattr'; readonly inode: number; readonly name: string; readonly value?: string }
  | { readonly op: 'fsync' | 'fdatasync'; readonly inode: number }
  | { readonly op: 'fsync-dir'; readonly dir: number }
  | { readonly op: 'remember' | 'forget'; readonly inode: number }
  | { readonly op: 'checkpoint' | 'lose-unsynced' | 'forget-all' | 'fork' }
  /** Builds the image; `goOn`: and works on it from then on. */
  | { readonly op: 'cut'; readonly choice: 'lose-all' | 'keep-all'; readonly goOn: boolean }
  | { readonly op: 'switch'; readonly disk: number };

const index = fc.nat(40);
const name = fc.constantFrom('a', 'b', 'c');
const anywhere = fc.record({ dir: index, name });
const where: fc.Arbitrary<WhereChoice> = fc.oneof(fc.record({ existing: index }), anywhere);
/** Page edges, and what lies around them: whole pages, parts, and straddling ranges. */
const offset = fc.constantFrom(0, 1, 50, 4000, 4096, 4100, 8192, 12_287);
const length = fc.constantFrom(0, 1, 60, 96, 100, 4096, 5000);
const size = fc.constantFrom(0, 1, 99, 4095, 4096, 4097, 9000, 12_288);

const nameOps: fc.WeightedArbitrary<Command>[] = [
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('create', 'mkdir', 'mkdir'), at: anywhere }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('symlink'), at: anywhere }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('temporary'), dir: index }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('link'), file: index, at: anywhere }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('unlink', 'rmdir'), at: where }) },
  {
    weight: 10,
    arbitrary: fc.record({
      op: fc.constant('rename'),
      from: where,
      to: fc.oneof({ weight: 3, arbitrary: anywhere }, { weight: 1, arbitrary: where }),
      flags: fc.constantFrom(0, 0, 0, 0, 1, 2, 2, 3),
    }),
  },
];

const dataOps: fc.WeightedArbitrary<Command>[] = [
  { weight: 5, arbitrary: fc.record({ op: fc.constant('write'), file: index, offset, length }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('truncate'), file: index, size }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('allocate'),
      file: index,
      mode: fc.constantFrom(0, 1, 2, 3, 3, 16, 17),
      offset,
      length,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom('chmod', 'utimes'), inode: index, value: fc.nat(0o777) }),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        op: fc.constant('xattr'),
        inode: index,
        name: fc.constantFrom('user.x', 'user.y'),
        value: fc.constantFrom('1', '2'),
      },
      { requiredKeys: ['op', 'inode', 'name'] },
    ),
  },
];

const barriers: fc.WeightedArbitrary<Command>[] = [
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('fsync', 'fdatasync'), inode: index }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('fsync-dir'), dir: index }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('checkpoint') }) },
];

const lives: fc.WeightedArbitrary<Command>[] = [
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('remember', 'forget'), inode: index }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('fork', 'fork', 'forget-all', 'lose-unsynced') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('cut'),
      choice: fc.constantFrom('lose-all', 'lose-all', 'keep-all'),
      goOn: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('switch'), disk: fc.nat(3) }) },
];

/** Mostly renames and barriers on directories: that is where disks go wrong. */
export const sequences = fc.array(fc.oneof(...nameOps, ...dataOps, ...barriers, ...lives), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

/** Only what programs themselves can do. */
export const programs = fc.array(fc.oneof(...nameOps, ...dataOps, ...barriers), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

const existing = fc.record({ existing: index });

/** Directories and files moved about, removed and made again between barriers: where the rules of names interlock. */
export const nameStories = fc.array(
  fc.oneof<fc.WeightedArbitrary<Command>[]>(
    { weight: 5, arbitrary: fc.record({ op: fc.constant('mkdir'), at: anywhere }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('create'), at: anywhere }) },
    {
      weight: 12,
      arbitrary: fc.record({
        op: fc.constant('rename'),
        from: existing,
        to: fc.oneof({ weight: 4, arbitrary: anywhere }, { weight: 1, arbitrary: existing }),
        flags: fc.constantFrom(0, 0, 0, 2),
      }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('rmdir', 'unlink'), at: existing }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('link'), file: index, at: anywhere }) },
    { weight: 8, arbitrary: fc.record({ op: fc.constant('fsync-dir'), dir: index }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('remember', 'forget'), inode: index }) },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

/** A few files written, cut off, synced, forked and cut: where pages are shared, moved, and given back. */
export const dataStories = fc
  .array(
    fc.oneof<fc.WeightedArbitrary<Command>[]>(
      { weight: 12, arbitrary: fc.record({ op: fc.constant('write'), file: index, offset, length }) },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('truncate'), file: index, size }) },
      {
        weight: 1,
        arbitrary: fc.record({
          op: fc.constant('allocate'),
          file: index,
          mode: fc.constantFrom(0, 3, 16),
          offset,
          length,
        }),
      },
      { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('fsync', 'fdatasync'), inode: index }) },
      ...lives,
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  )
  .map((commands): Command[] => [
    { op: 'create', at: { dir: 0, name: 'a' } },
    { op: 'create', at: { dir: 0, name: 'b' } },
    ...commands,
  ]);
