/**
 * A mounted disk beside a directory of this computer: the same random operations, the same results, errnos, bytes and
 * attributes (support/differential.py). `POWERCUT_FUZZ_SECONDS` sets how long each way to treat writes is tried,
 * `POWERCUT_FUZZ_SEED` where; a difference is printed shrunk, with the seed that shows it again.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const support = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const seconds = Number(process.env['POWERCUT_FUZZ_SECONDS'] ?? 20);
const seed = process.env['POWERCUT_FUZZ_SEED'] ?? '20261125';
/** No device of the disk's can be opened, so none of the host's may be. */
const withoutDevices = 'mount --bind "$0" "$0" && mount -o remount,bind,nodev "$0" && exec "$@"';
/** Shrinking takes a while, too. */
const timeoutMs = seconds * 1000 + 120_000;

test.each(['through', 'cached'])(
  'with writes %s no operation tells the disk from the host',
  (writes) => {
    const scratch = mkdtempSync(join(tmpdir(), 'powercut-differential-'));
    // Strangers must get as far as to the directories, or they are refused at the door of one of them.
    chmodSync(scratch, 0o755);
    const [mountPoint, host] = [join(scratch, 'disk'), join(scratch, 'host')];
    mkdirSync(mountPoint);
    mkdirSync(host);
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const server = [process.execPath, support('on-disk.mjs'), writes, mountPoint];
    const compare = ['python3', support('differential.py'), host, String(seconds / 2), seed];
    const command = ['sh', '-c', withoutDevices, host, ...compare];
    const { stdout, stderr, status } = spawnSync('unshare', [...namespaces, ...server, ...command], {
      encoding: 'utf8',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    rmdirSync(mountPoint);
    rmSync(scratch, { recursive: true });
    expect({ stdout, stderr, status }).toMatchObject({
      stdout: expect.stringMatching(/"sequences": [1-9]/) as string,
      stderr: '',
      status: 0,
    });
  },
  timeoutMs + 30_000,
);
