import { describe, expect, it } from 'vitest';
import type { UnsyncedFile } from '../mount/control.ts';
import { unsyncedLines } from './unsynced-lines.ts';

const written: UnsyncedFile = {
  path: 'r/.git/index',
  ino: 12,
  kind: 'file',
  sizeBytes: 104,
  ranges: [{ offset: 0, length: 104 }],
  metadata: true,
  names: [],
  nameUnsynced: true,
  ageMs: 310,
  lastOp: {
    number: 88,
    kind: 'write',
    timeMs: 1,
    pid: 4711,
    ino: 12,
    path: 'r/.git/index',
    offset: 0,
    length: 104,
  },
  process: 'git',
};

const renamed: UnsyncedFile = {
  path: '',
  ino: 1,
  kind: 'directory',
  sizeBytes: 0,
  ranges: [],
  metadata: true,
  names: ['+a', '-b'],
  nameUnsynced: false,
  ageMs: 5,
  lastOp: { number: 90, kind: 'rename', timeMs: 2, pid: 7, ino: 13, path: 'b', toPath: 'a' },
};

const lines = (files: readonly UnsyncedFile[]) =>
  unsyncedLines({
    timeMs: 0,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
  });

describe('un-synced files as lines', () => {
  it('say plainly when there are none', () => {
    expect(lines([])).toEqual(['nothing is un-synced']);
  });

  it('say what a cut would take, who wrote it last, and how old it is', () => {
    expect(lines([written, renamed])).toEqual([
      'un-synced: 2 files, 104 B of data',
      '  r/.git/index          104 B  its name is not durable, bytes 0–103; last write bytes 0–103 by git[4711], 310 ms old',
      '  (the root directory)    0 B  names +a -b; last rename → a by pid 7, 5.0 ms old',
    ]);
  });

  it('keep control characters of names away from the terminal', () => {
    const [, line] = lines([{ ...written, path: 'evil\u001b[2J' }]);
    expect(line).toContain('evil\\x1b[2J');
  });

  it('end after a screenful and count the rest', () => {
    const many = Array.from({ length: 100 }, (_, n) => ({ ...written, path: `f${String(n)}` }));
    const shown = lines(many);
    expect(shown[0]).toBe('un-synced: 100 files, 10.2 KiB of data');
    expect(shown).toHaveLength(42);
    expect(shown.at(-1)).toBe('  … and 60 more (--json has them all)');
  });
});
