/**
 * A mounted disk as a file system like any other: what POSIX and Linux promise (support/posix.py), through the real kernel,
 * for both ways to treat writes; and a program that leans on much of it at once.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const support = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const timeoutMs = 60_000;
/** posix.py's; a check that vanishes must not pass for one that holds. */
const checkCount = 35;

type WriteMode = 'through' | 'cached';

/** In namespaces of its own: whatever happens, no mount and no process is left. */
function onDisk(writes: WriteMode, ...command: readonly string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'powercut-fuse-'));
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const server = [process.execPath, support('on-disk.mjs'), writes, directory];
  const result = spawnSync('unshare', [...namespaces, ...server, ...command], {
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  rmdirSync(directory);
  return { stdout: result.stdout, stderr: result.stderr, status: result.status };
}

describe.each(['through', 'cached'] as const)('with writes %s', (writes) => {
  test('everything that POSIX promises holds', () => {
    const { stdout, stderr, status } = onDisk(writes, 'python3', support('posix.py'), writes);
    const results = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { check: string; wrong?: string });
    expect(results.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
    expect({ stderr, status, checks: results.length }).toEqual({ stderr: '', status: 0, checks: checkCount });
  });

  test('git finds nothing to complain about', () => {
    const script = `
      export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
      set -e
      git init --quiet repository && cd repository
      for i in $(seq 200); do echo $i > file$i; done
      git add . && git commit --quiet --message first
      git mv file1 moved && git rm --quiet file2 && git commit --quiet --message second
      git gc --quiet && git fsck --strict --no-progress
      git status --porcelain && git ls-files | wc -l`;
    expect(onDisk(writes, 'sh', '-c', script)).toEqual({ stdout: '199\n', stderr: '', status: 0 });
  });
});
