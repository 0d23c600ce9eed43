/**
 * The box around all of powercut. The command line that a user starts (the launcher) only runs itself once more, inside
 * mount and pid namespaces of its own, and hands through what the inner one says and how it ends. The kernel then
 * guarantees what no exit handler can: when the launcher or the inner powercut dies, by whatever signal, every process of
 * the box dies and every mount in it is gone.
 *
 * The box is a session of its own, so that a Ctrl-C at the terminal reaches the launcher alone. The launcher passes it on
 * to the inner powercut, exactly once; nothing else in the box ever hears of it.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { clearLeftovers } from './leftovers.ts';
import { whyNoNamespace } from './namespace-errors.ts';
import { childrenOf, commandLineOf } from './procfs.ts';
import { SignalRelay } from './signal-relay.ts';
import { requireTools, searchPath } from './tools.ts';
import { UnavailableError } from './unavailable.ts';
import { ownRoot } from './user-namespace.ts';

const nameOfInit = 'powercut-box';
/** Whoever is told to end by descriptor 4 does so in milliseconds. */
const killPatienceMs = 5_000;
const variable = 'POWERCUT_BOX';

/** Whether this process runs inside a box. The variable alone proves nothing: the init of this pid namespace must be the box's. */
export function inBox(): boolean {
  const token = process.env[variable];
  if (token === undefined) return false;
  const init = commandLineOf(1);
  return init[init.indexOf(nameOfInit) + 1] === token;
}

/**
 * Runs powercut's own command line (`process.argv` without the interpreter, unless told otherwise) inside a new box.
 * Resolves with its exit code; rejects with a sentence where a box cannot be made. Call it from the main thread: the
 * kernel ends the box with the thread that made it.
 */
export async function enterBox(argv: readonly string[] = process.argv.slice(1)): Promise<number> {
  requireTools();
  await clearLeftovers();
  const token = randomUUID();
  const inner = [process.execPath, ...process.execArgv, ...argv];
  const box = spawn('sh', ['-c', outerScript(), String(process.pid), nameOfInit, token, ...inner], {
    detached: true,
    env: { ...process.env, PATH: searchPath(), [variable]: token },
    // What unshare says is kept for a sentence; descriptor 3 is the stderr of powercut itself; 4 ends with the launcher.
    stdio: ['inherit', 'inherit', 'pipe', 2, 'pipe'],
  });
  box.stdio[4]?.on('error', () => undefined);
  const complaint: string[] = [];
  box.stderr?.on('data', (chunk: Buffer) => complaint.push(chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    box.once('error', reject);
    box.once('close', (code, signal) => resolve({ code, signal }));
  });
  const relay = new SignalRelay({
    target: () => (box.pid === undefined ? undefined : innerOf(box.pid)),
    kill: () => {
      box.stdio[4]?.destroy();
      setTimeout(() => box.kill('SIGKILL'), killPatienceMs).unref();
    },
  });
  try {
    const { code, signal } = await ended;
    if (relay.killed) return 128 + constants.signals.SIGINT;
    return exitCodeOf(complaint.join(''), code, signal);
  } finally {
    relay.close();
  }
}

function exitCodeOf(said: string, code: number | null, signal: NodeJS.Signals | null): number {
  if (!said.startsWith(`${entered}\n`) && code !== 0 && code !== null) {
    throw new UnavailableError(`cannot make powercut's namespaces: ${whyNoNamespace(said)}`);
  }
  // unshare complains only when its init did not end by itself: nothing but SIGKILL can do that to an init.
  if (code === 1 && said !== `${entered}\n`) return 128 + constants.signals.SIGKILL;
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** What the init says first, on the descriptor where unshare would complain. */
const entered = 'entered';

/**
 * `$0` is the launcher. It may have died already; nobody would end the box then. The init is a
 * shell that stays: a change of user, as programs make it, would clear the death signal of an init that became one.
 *
 * The outer process gets no death signal: it is the last that holds the box's mounts. A file system on a loop device over
 * a file that we serve would otherwise be shut down by whoever dies last, and that may be its own server, which the kernel
 * then has wait for itself, for ever, and every sync(2) of the computer with it. So the init's first child waits for the end
 * of descriptor 4, whose other end the launcher alone holds, and then ends everything in this pid namespace, again and
 * again: the inner powercut may only be starting. That the shell is an init, and so not in anybody else's namespace, is
 * looked at first.
 */
const outerScript = (): string => `
[ "$PPID" = "$0" ] || exit 1
exec unshare ${ownRoot().join(' ')} --mount --propagation private --pid --fork --kill-child --mount-proc sh -c '
[ $$ = 1 ] || { echo not an init >&2; exit 1; }
echo ${entered} >&2
exec 2>&3 3>&-
shift
{ read -r _ <&4; while :; do kill -KILL -1; sleep 0.05; done; } >/dev/null 2>&1 &
"$@" 4<&-
exit $?
' "$@"
`;

/** The inner powercut: the second child of the box's init, after the one that waits for the launcher's end. */
function innerOf(box: number): number | undefined {
  const [init] = childrenOf(box);
  return init === undefined ? undefined : childrenOf(init)[1];
}
