/**
 * The superuser's password of one cluster. The server listens on loopback, which every user of this computer can reach, so
 * that it asks for a password (SCRAM) which nobody else can know; a Unix socket would need no password but a short path, and
 * has no port. The password lies beside the cluster on the disk, so that a crash image can be booted on its own, later.
 */
import { randomBytes } from 'node:crypto';
import type { Machine } from '../../machine/machine.ts';
import { passwordFile } from './unsynced.ts';

const timeoutMs = 20_000;

/** Makes one and stores it, synced: set-up may be cut, too. */
export async function makePassword(machine: Machine): Promise<string> {
  const password = randomBytes(18).toString('base64url');
  const script = `umask 077 && cat > ${passwordFile} && sync ${passwordFile} .`;
  const { code, stderr } = await machine.run('sh', ['-c', script], { input: `${password}\n`, timeoutMs });
  if (code !== 0) throw new Error(`cannot write ${passwordFile} on the disk: ${stderr.trim()}`);
  return password;
}

export async function readPassword(machine: Machine): Promise<string> {
  const { code, stdout, stderr } = await machine.run('cat', [passwordFile], { timeoutMs });
  if (code !== 0) throw new Error(`cannot read ${passwordFile} on the disk: ${stderr.trim()}`);
  return stdout.trim();
}
