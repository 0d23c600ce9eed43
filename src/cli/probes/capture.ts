/** Runs a short program and keeps what it says. For probes only: it must never run anything that changes this computer. */
import { spawnSync } from 'node:child_process';

export interface Captured {
  readonly ok: boolean;
  /** Errno name when the program could not be started: ENOENT, EACCES, ETIMEDOUT. */
  readonly error?: string;
  readonly output: string;
}

const timeoutMs = 10_000;

/** `descriptor`, if any, becomes the program's descriptor 3. */
export function capture(command: string, args: readonly string[], descriptor?: number): Captured {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, LC_ALL: 'C' },
  });
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim();
  if (error !== undefined) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    return { ok: false, error: code, output };
  }
  return { ok: status === 0, output };
}
