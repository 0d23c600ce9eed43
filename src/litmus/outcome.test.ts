import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseContents, printContents } from './contents.ts';
import { printOutcome, type Node } from './outcome.ts';
import { matches, parsePattern, printPattern } from './pattern.ts';

const text = (value: string) => Uint8Array.from(Buffer.from(value, 'latin1'));
const none = new Map<string, Uint8Array>();
const tree: Node[] = [
  { path: 'h', kind: 'file', ino: 3, mode: 0o644, xattrs: none, contents: text('old') },
  { path: 'd/f', kind: 'file', ino: 3, mode: 0o644, xattrs: none, contents: text('old') },
  {
    path: 'd',
    kind: 'directory',
    ino: 2n,
    mode: 0o755,
    xattrs: new Map([
      ['user.z', text('2')],
      ['user.a', text('1')],
    ]),
  },
  { path: 's', kind: 'symlink', ino: 4, mode: 0o777, xattrs: none, target: 'a b' },
];

describe('an outcome', () => {
  test('is one line, sorted, with what the program touches', () => {
    expect(printOutcome(tree, { modes: false, xattrs: false })).toBe('d/ d/f="old" h==d/f s->"a\\x20b"');
    expect(printOutcome(tree, { modes: true, xattrs: true })).toBe(
      'd/:0755{user.a="1",user.z="2"} d/f="old":0644 h==d/f s->"a\\x20b"',
    );
  });

  test('of nothing is said so', () => {
    expect(printOutcome([], { modes: true, xattrs: true })).toBe('(empty)');
  });
});

describe('contents', () => {
  test.each([
    ['', '""'],
    ['foo\0\0\0', '"foo\\0\\0\\0"'],
    ['A'.repeat(15), `"${'A'.repeat(15)}"`],
    ['A'.repeat(16), 'A*16'],
    [`head${'\0'.repeat(4092)}tail`, '"head"+\\0*4092+"tail"'],
    ['"\\\n\xff', '"\\"\\\\\\n\\xff"'],
    [' '.repeat(20), '\\x20*20'],
  ])('%j', (bytes, printed) => {
    expect(printContents(text(bytes))).toBe(printed);
  });

  test('are read as they were printed, and hold no space', () => {
    const bytes = fc.array(fc.tuple(fc.nat(255), fc.constantFrom(1, 2, 15, 16, 40))).map((runs) => {
      return Uint8Array.from(runs.flatMap(([byte, count]) => Array<number>(count).fill(byte)));
    });
    fc.assert(
      fc.property(bytes, (value) => {
        expect(printContents(value)).not.toMatch(/\s/);
        expect(parseContents(printContents(value))).toEqual(value);
      }),
    );
  });
});

describe('a pattern', () => {
  const outcome = printOutcome(tree, { modes: true, xattrs: false });
  test.each([
    ['d/:0755 d/f="old":0644 h==d/f s->"a\\x20b"', true],
    ['d/:0755 d/f="o"+"ld":0644 h==d/f s->"a\\x20b"', true],
    ['d/f="old":0644 ...', true],
    ['d/f=? !x ...', true],
    ['d=? d/f=? h=? s=?', true],
    ['d/f=?', false],
    ['!h ...', false],
    ['!d ...', false],
    ['d/f="old":0600 ...', false],
    ['(empty)', false],
  ])('%s', (pattern, isMatch) => {
    expect(matches(parsePattern(pattern), outcome)).toBe(isMatch);
    expect(parsePattern(printPattern(parsePattern(pattern)))).toEqual(parsePattern(pattern));
  });

  test('of nothing matches nothing else', () => {
    expect(matches(parsePattern('(empty)'), '(empty)')).toBe(true);
    expect(matches(parsePattern('...'), '(empty)')).toBe(true);
  });
});
