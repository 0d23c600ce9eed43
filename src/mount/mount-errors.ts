/** Why a disk cannot be mounted or reached, in sentences that say what to do. Whoever ends a program tells them by name. */

/** This computer cannot do what was asked. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** What was asked for is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const container =
  'in a container: --device /dev/fuse --cap-add SYS_ADMIN, and no AppArmor profile that denies mounts';

/** /dev/fuse could not be opened. */
export function deviceError(error: unknown): Error {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') {
    return new UnavailableError(
      `this machine has no /dev/fuse: load the module with "modprobe fuse" (${container})`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new UnavailableError(
      `/dev/fuse may not be opened by this user: as root, \`chmod 666 /dev/fuse\`, or run powercut as root (${container})`,
    );
  }
  return new UnavailableError(`/dev/fuse cannot be opened: ${messageOf(error)}`);
}

/** mount(8) failed with `text`. */
export function mountError(directory: string, text: string): Error {
  const detail = text.replace(/^mount: /, '').replace(/\s+dmesg\(1\).*$/, '');
  if (/permission denied|must be superuser|only root|not permitted/i.test(text)) {
    return new UnavailableError(
      `not allowed to mount on ${directory}: run powercut as root (${container}): ${detail}`,
    );
  }
  if (/unknown filesystem type/i.test(text)) {
    return new UnavailableError(
      `this kernel has no FUSE: load the module with "modprobe fuse" (${container})`,
    );
  }
  if (/not found/.test(text)) {
    return new UnavailableError(
      `mount(8) cannot be run (${detail}): install it (Debian: apt-get install mount)`,
    );
  }
  return new UnavailableError(`cannot mount on ${directory}: ${detail || 'mount(8) gave no reason'}`);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
