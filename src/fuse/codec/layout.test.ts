import { describe, expect, test } from 'vitest';
import { header } from '../testing/header-layout.ts';
import * as layout from './layout.ts';

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What is not simply the header's struct of the same name. */
const ownNames: Readonly<Record<string, string>> = { statfsOut: 'fuse_kstatfs' };
const ownSizes: Readonly<Record<string, number>> = {
  // Kernels from 7.36 on send more; nothing beyond the flags is read.
  initIn: 16,
  // FUSE_COMPAT_SETXATTR_IN_SIZE, as long as FUSE_SETXATTR_EXT is not asked for.
  setxattrIn: 8,
};
/** fuse_copy_file_range_out came with protocol 7.45, after this header. */
const newer = ['copyFileRangeOut'];

const structs = Object.entries(layout).filter(([name]) => !newer.includes(name));

describe('every struct lies as linux/fuse.h lays it out', () => {
  test.each(structs)('%s', (name, fields) => {
    const cName = ownNames[name] ?? `fuse_${snakeCase(name)}`;
    const expected: Readonly<Record<string, number>> = {
      ...header[cName as keyof typeof header],
      ...(cName === 'fuse_direntplus' && {
        name: header.fuse_direntplus.dirent + header.fuse_dirent.name,
        entry_out: header.fuse_direntplus.entry_out,
      }),
    };
    for (const [field, offset] of Object.entries(fields)) {
      if (field === 'sizeBytes') expect(offset).toBe(ownSizes[name] ?? expected['sizeof']);
      else expect(`${field} ${offset}`).toBe(`${field} ${expected[snakeCase(field)]}`);
    }
  });
});
