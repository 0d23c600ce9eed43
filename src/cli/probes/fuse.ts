/**
 * Probes of FUSE: the device, and whether this user may mount it. The mount is really made, in namespaces of its own that end
 * with the probe, because nothing short of it tells what a container's seccomp filter, a kernel's switch or missing
 * capabilities forbid. Who is not root mounts in a user namespace, and the device must be opened inside of it.
 */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { namespaceTrouble } from '../../machine/namespace-errors.ts';
import { ownRoot } from '../../machine/user-namespace.ts';
import { capture } from './capture.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

const device = '/dev/fuse';
const namespaces = '--mount --propagation private --pid --fork --kill-child --mount-proc'.split(' ');

export function probeFuse(): Probe[] {
  const opened = probeDevice();
  if (!opened.ok) return [opened];
  if (process.getuid?.() === 0) return [opened, probeMount()];
  const namespace = probeUserNamespace();
  return namespace.ok ? [opened, namespace, probeMount()] : [opened, namespace];
}

function probeDevice(): Probe {
  if (!existsSync(device)) return probe(device, true, { ok: false, ...whyMissing() });
  try {
    closeSync(openSync(device, 'r+'));
  } catch (error) {
    return probe(device, true, { ok: false, ...whyClosed(error) });
  }
  return probe(device, true, { ok: true, found: `opens for ${caller()}, mode ${modeOf(device)}` });
}

/** Two, one in the other: powercut's own, and one for each program. */
function probeUserNamespace(): Probe {
  const inner = ['unshare', '--user', '--map-user=1', '--map-group=1', 'true'];
  const { ok, output, error } = capture('unshare', [...ownRoot(), ...namespaces, ...inner]);
  const name = 'user namespaces';
  if (ok) return probe(name, true, { ok, found: 'work: powercut needs no root here' });
  const { said, help = 'run powercut as root (with sudo, say)' } = namespaceTrouble(output || (error ?? ''));
  return probe(name, true, { ok, found: `${caller()} may not make a user namespace (${said})`, help });
}

function probeMount(): Probe {
  const root = process.getuid?.() === 0;
  const directory = mkdtempSync(join(tmpdir(), 'powercut-doctor-'));
  const script = `exec 3<>${device} && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 -- powercut-doctor "$0"`;
  try {
    const { ok, output } = capture('unshare', [...ownRoot(), ...namespaces, 'sh', '-c', script, directory]);
    const where = root ? 'works, in a private mount namespace' : 'works, in a user namespace';
    if (ok) return probe('mounting', true, { ok, found: where });
    const said = output.split('\n').at(-1) ?? '';
    return probe('mounting', true, {
      ok,
      found: `${caller()} may not mount${root ? '' : ' in a user namespace'}${said === '' ? '' : ` (${said})`}`,
      help: root
        ? 'in a container, start it with `--cap-add SYS_ADMIN --device /dev/fuse --security-opt apparmor=unconfined`'
        : 'run powercut as root (with sudo, say); kernels before 4.18 know FUSE in no user namespace, and a container may forbid it',
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
  const found = `${caller()} cannot open ${device} (${code}, its mode is ${modeOf(device)})`;
  if (code === 'EACCES') {
    return {
      found,
      help: `as root, let others use it, as distributions do: \`chmod 666 ${device}\`; or run as root (with sudo, say)`,
    };
  }
  if (code === 'EPERM') {
    return { found, help: `the container forbids the device: start it with \`--device ${device}\`` };
  }
  return { found, help: 'as root: `modprobe fuse`' };
}

/** Users of containers often have no name. */
function caller(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${String(process.getuid?.())}`;
  }
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}
