/**
 * Copies the LMDB driver and the library with all that it needs into the run directory. Programs in a machine run as an
 * unprivileged user, who can read neither a checkout in root's home nor files that were installed under a strict umask.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { builtFile } from '../built-file.ts';
import { driverFile, findPackage, library, manifestOf } from './library.ts';

/** What the driver is made of, relative to dist/. */
const ownFiles = ['targets/needle.js', driverFile];

/** Sources and types that nothing loads. */
const needless = /\.(map|d\.[cm]?ts|md)$/;
const needlessFolders = new Set(['node_modules', 'dependencies', 'src', 'dict']);
/** Only needed to build it. */
const buildOnly = new Set(['node-addon-api']);

/** The path of the staged driver. `directory` is the library's. */
export function stageDriver(runDirectory: string, directory: string): string {
  const root = join(runDirectory, 'lmdb');
  makeDirectory(root);
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
  chmodSync(join(root, 'package.json'), 0o644);
  for (const file of ownFiles) copyFile(builtFile(file), join(root, file));
  stagePackage(library, directory, join(root, 'node_modules'), new Set());
  return join(root, driverFile);
}

/** One version of each: none of them depends on two of another. */
function stagePackage(name: string, directory: string, to: string, staged: Set<string>): void {
  if (staged.has(name)) return;
  staged.add(name);
  copyFolder(directory, join(to, name), name === library);
  const { dependencies = {}, optionalDependencies = {} } = manifestOf(directory);
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = buildOnly.has(dependency) ? undefined : findPackage(dependency, directory);
    // Those of other platforms are not there.
    if (found !== undefined) stagePackage(dependency, found, to, staged);
  }
}

function copyFolder(from: string, to: string, hasSources: boolean): void {
  makeDirectory(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      const skipped = hasSources ? needlessFolders.has(entry.name) : entry.name === 'node_modules';
      if (!skipped) copyFolder(source, target, hasSources);
    } else if (entry.isFile() && !needless.test(entry.name) && fits(entry.name)) {
      copyFile(source, target);
    }
  }
}

/** Of the library's prebuilt forms, those that this Node can load; a few megabytes each. */
function fits(name: string): boolean {
  const abi = /^node\.abi(\d+)\./.exec(basename(name))?.[1];
  return abi === undefined || abi === process.versions.modules;
}

function copyFile(from: string, to: string): void {
  makeDirectory(dirname(to));
  copyFileSync(from, to);
  chmodSync(to, 0o644);
}

function makeDirectory(directory: string): void {
  // The first that is made is returned, whatever its ancestors are.
  if (mkdirSync(directory, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(directory, 0o755);
}
