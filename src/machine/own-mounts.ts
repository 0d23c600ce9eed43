/**
 * A mount namespace of the user's own, for a mount that is to be seen by others than powercut's own programs. Without root a
 * mount is possible nowhere else. Unlike a box it has no process namespace: its pids are everybody's, so that any shell of
 * the same user can enter it by powercut's pid, and programs in it outlive powercut as they would on a mount of root's.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { whyNoNamespace } from './namespace-errors.ts';
import { SignalRelay } from './signal-relay.ts';
import { requireTools, searchPath, toolFile } from './tools.ts';
import { UnavailableError } from './unavailable.ts';
import { ownRoot } from './user-namespace.ts';

/** Whether this process may mount where it is: as root, if only of a namespace. */
export function mayMount(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Runs powercut's own command line once more, in a new mount namespace where it is root. Resolves with its exit code; rejects
 * with a sentence where there is no such namespace. Call it from the main thread: the inner one ends with the thread.
 */
export async function enterOwnMounts(argv: readonly string[] = process.argv.slice(1)): Promise<number> {
  requireTools();
  const inner = [process.execPath, ...process.execArgv, ...argv];
  const child = spawn(
    toolFile('setpriv'),
    ['--pdeathsig', 'KILL', 'sh', '-c', script(), String(process.pid), ...inner],
    {
      // A Ctrl-C at the terminal is passed on once, by the relay.
      detached: true,
      env: { ...process.env, PATH: searchPath() },
      // What unshare says is kept for a sentence; descriptor 3 is the stderr of powercut itself.
      stdio: ['inherit', 'inherit', 'pipe', 2],
    },
  );
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const relay = new SignalRelay({ target: () => child.pid, kill: () => child.kill('SIGKILL') });
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({ code, signal }));
      },
    );
    if (complaint !== '') {
      throw new UnavailableError(`cannot make a namespace for the mount: ${whyNoNamespace(complaint)}`);
    }
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    relay.close();
  }
}

/** `$0` is the launcher, which may have died before the death signal was set. Every step keeps the pid and that signal. */
const script = (): string => `
[ "$PPID" = "$0" ] || exit 1
exec unshare ${ownRoot().join(' ')} --mount --propagation private sh -c 'exec "$@" 2>&3 3>&-' sh "$@"
`;
