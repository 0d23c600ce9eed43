import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectLibrary, findLibrary, findPackage } from './library.ts';
import { stageDriver } from './staging.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'powercut-lmdb-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(path: string): string {
  const directory = join(folder, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "version": "1.0.0" }');
  return directory;
}

describe('a package is found', () => {
  test('in the nearest node_modules up the tree', () => {
    const far = install('node_modules/lmdb');
    expect(findPackage('lmdb', join(folder, 'a/b'))).toBe(far);
    const near = install('a/node_modules/lmdb');
    expect(findPackage('lmdb', join(folder, 'a/b'))).toBe(near);
  });

  test('behind a link, as some package managers make them', () => {
    const real = install('store/lmdb');
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(real, join(folder, 'node_modules/lmdb'));
    expect(findPackage('lmdb', folder)).toBe(real);
  });

  test('not where there is none', () => {
    expect(findPackage('no-such-package', folder)).toBeUndefined();
    expect(findLibrary([])).toBeUndefined();
  });
});

describe('what is detected', () => {
  test('nothing, with what to do, where it is not installed', async () => {
    const detected = await detectLibrary([]);
    expect(detected).toMatchObject({ found: false });
    expect('sentence' in detected && detected.sentence).toMatch(/not installed: `npm install lmdb`/);
  });

  test('nothing, with the reason, where it cannot be loaded', async () => {
    install('node_modules/lmdb');
    const detected = await detectLibrary([folder]);
    expect(detected).toMatchObject({ found: false });
    expect('sentence' in detected && detected.sentence).toMatch(/cannot be loaded: .*npm install lmdb/);
  });
});

test('what is staged is whole, readable by everybody, and holds no sources', () => {
  const driver = stageDriver(folder, findLibrary()!);
  for (const path of [
    'targets/needle.js',
    'node_modules/lmdb/node-index.js',
    'node_modules/msgpackr/package.json',
  ]) {
    expect(statSync(join(folder, 'lmdb', path)).mode & 0o777, path).toBe(0o644);
  }
  expect(statSync(driver).isFile()).toBe(true);
  expect(() => statSync(join(folder, 'lmdb/node_modules/lmdb/dependencies'))).toThrow('ENOENT');
});
