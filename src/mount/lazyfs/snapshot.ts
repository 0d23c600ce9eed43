/** Copies of files of the durable state, in directories that count up: what users look at after a fault. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface SnapshotOrder {
  /** Where the absolute path in the root directory matches, the file is copied. */
  readonly files: string;
  readonly save: string;
}

/** Returns the directory that the copies lie in, and how many they are. */
export function takeSnapshot(
  root: string,
  { files, save }: SnapshotOrder,
): { directory: string; count: number } {
  const wanted = new RegExp(files);
  let number = 0;
  while (existsSync(join(save, `snapshot${number}`))) number++;
  const directory = join(save, `snapshot${number}`);
  mkdirSync(directory, { recursive: true });
  let count = 0;
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !wanted.test(path)) continue;
    const copy = join(directory, relative(root, path));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(path, copy);
    count++;
  }
  return { directory, count };
}
