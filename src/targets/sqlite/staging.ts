/**
 * Copies the SQLite driver and its library into the run directory. Programs in a machine run as an unprivileged user, who can
 * read neither a checkout in root's home nor files that were installed under a strict umask; a copy is readable in every
 * case, and it is the same way in all of them.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { builtFile } from '../built-file.ts';

/** What the driver is made of, relative to dist/. */
const ownFiles = ['targets/needle.js', 'targets/sqlite/driver.js'];
const library = '@photostructure/sqlite';
/** Finds the prebuilt library for this platform. */
const loader = 'node-gyp-build';

/** The path of the staged driver. */
export function stageDriver(runDirectory: string): string {
  const root = join(runDirectory, 'sqlite');
  makeDirectory(root);
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
  chmodSync(join(root, 'package.json'), 0o644);
  for (const file of ownFiles) copy(builtFile(file), join(root, file));
  const require = createRequire(import.meta.url);
  const libraryFile = require.resolve(`${library}/package.json`);
  const loaderFile = createRequire(libraryFile).resolve(`${loader}/package.json`);
  const platform = `${process.platform}-${process.arch}`;
  copyParts(dirname(libraryFile), join(root, 'node_modules', library), [
    'package.json',
    'dist',
    `prebuilds/${platform}`,
    'build/Release',
  ]);
  copyParts(dirname(loaderFile), join(root, 'node_modules', loader), ['package.json', '.']);
  return join(root, 'targets/sqlite/driver.js');
}

function copyParts(from: string, to: string, parts: readonly string[]): void {
  // A library is prebuilt for this platform, or was built where it lies.
  for (const part of parts) if (existsSync(join(from, part))) copy(join(from, part), join(to, part));
}

/** Of a directory the files, not what is below. */
function copy(from: string, to: string): void {
  if (!statSync(from).isDirectory()) {
    makeDirectory(dirname(to));
    copyFileSync(from, to);
    chmodSync(to, 0o644);
    return;
  }
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isFile() && !entry.name.endsWith('.map')) copy(join(from, entry.name), join(to, entry.name));
  }
}

function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory);
  chmodSync(directory, 0o755);
}
