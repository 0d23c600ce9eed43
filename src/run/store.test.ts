import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStore, readJson, writeJson, writeWhole } from './store.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'powercut-store-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const instant = new Date('2026-02-03T04:05:06.789Z');

describe('a store', () => {
  test('is a folder of its own, for its owner only, and the latest', () => {
    const store = createStore(root, 'sqlite-set-power-cut', instant);
    expect(store.directory).toBe(join(root, 'sqlite-set-power-cut', '20260203T040506.789Z'));
    expect(statSync(store.directory).mode & 0o777).toBe(0o700);
    expect(realpathSync(join(root, 'latest'))).toBe(realpathSync(store.directory));
    expect(existsSync(store.logsDirectory)).toBe(true);
    expect(existsSync(store.resultsFile)).toBe(false);
  });

  test('made in the same instant as another is another', () => {
    const [first, second] = [createStore(root, 'test', instant), createStore(root, 'test', instant)];
    expect(second.directory).not.toBe(first.directory);
    expect(realpathSync(join(root, 'latest'))).toBe(realpathSync(second.directory));
    expect(readdirSync(root).sort()).toEqual(['latest', 'test']);
  });

  test('does not take the place of a folder that somebody calls latest', () => {
    mkdirSync(join(root, 'latest'));
    expect(() => createStore(root, 'test', instant)).toThrow(
      /latest is not a link that powercut made: move it away/,
    );
  });

  test('can be moved with all of it: latest is a relative link', () => {
    createStore(root, 'test', instant);
    expect(readlinkSync(join(root, 'latest'))).toBe('test/20260203T040506.789Z');
  });
});

describe('a file of a store', () => {
  test('is for its owner only, and read back as it was', () => {
    const path = join(root, 'a.json');
    writeJson(path, { some: ['thing'] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readJson(path)).toEqual({ some: ['thing'] });
  });

  test('is there as a whole or not at all', () => {
    const path = join(root, 'a.json');
    writeWhole(path, 'old');
    mkdirSync(join(root, 'b.json'));
    expect(() => writeWhole(join(root, 'b.json'), 'new')).toThrow(/EISDIR/);
    expect(readdirSync(root).sort()).toEqual(['a.json', 'b.json']);
    chmodSync(path, 0o400);
    writeWhole(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test('that is no JSON is told in a sentence', () => {
    const path = join(root, 'a.json');
    writeFileSync(path, '{"half":');
    expect(() => readJson(path)).toThrow(/a\.json is not JSON: /);
  });
});
