/**
 * Probes of FUSE: the device, and whether this user may mount it. The mount is really made, in a mount namespace of its own
 * that ends with the probe, because nothing short of it tells what a container's seccomp filter or capabilities forbid.
 */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { capture } from './capture.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

const device = '/dev/fuse';

export function probeFuse(): Probe[] {
  if (!existsSync(device)) return [probe(device, true, { ok: false, ...whyMissing() })];
  let descriptor: number;
  try {
    descriptor = openSync(device, 'r+');
  } catch (error) {
    return [probe(device, true, { ok: false, ...whyClosed(error) })];
  }
  try {
    const found = `opens for ${userInfo().username}, mode ${(statSync(device).mode & 0o777).toString(8)}`;
    return [probe(device, true, { ok: true, found }), probeMount(descriptor)];
  } finally {
    closeSync(descriptor);
  }
}

function probeMount(descriptor: number): Probe {
  const root = process.getuid?.() === 0;
  const directory = mkdtempSync(join(tmpdir(), 'powercut-doctor-'));
  try {
    const mount = ['mount', '-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0'];
    const { ok, output } = capture(
      'unshare',
      ['--mount', '--propagation', 'private', ...mount, 'powercut-doctor', directory],
      descriptor,
    );
    if (ok) return probe('mounting', true, { ok, found: 'works, in a private mount namespace' });
    const said = output.split('\n').at(-1) ?? '';
    return probe('mounting', true, {
      ok,
      found: `${userInfo().username} may not mount${said === '' ? '' : ` (${said})`}`,
      help: root
        ? 'in a container, start it with `--cap-add SYS_ADMIN --device /dev/fuse --security-opt apparmor=unconfined`'
        : 'run powercut as root (with sudo, say)',
    });
  } finally {
    rmdirSync(directory);
  }
}

function whyMissing(): { found: string; help: string } {
  const found = `no ${device}`;
  if (/\bfuse$/m.test(readFileSync('/proc/filesystems', 'utf8'))) {
    return {
      found: `${found}, though the kernel has FUSE`,
      help: `as root: \`mknod ${device} c 10 229 && chmod 666 ${device}\`; for a container: \`--device ${device}\``,
    };
  }
  return { found, help: 'as root: `modprobe fuse`; for a container: `--device /dev/fuse`' };
}

function whyClosed(error: unknown): { found: string; help: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const mode = (statSync(device).mode & 0o777).toString(8);
  const found = `${userInfo().username} cannot open ${device} (${code}, its mode is ${mode})`;
  if (code === 'EACCES') return { found, help: `run as root, or let others use it: \`chmod 666 ${device}\`` };
  if (code === 'EPERM') {
    return { found, help: `the container forbids the device: start it with \`--device ${device}\`` };
  }
  return { found, help: 'as root: `modprobe fuse`' };
}
