/**
 * The namespaces of one machine from boot to its end: an init and whatever enters. The init never touches the disk (its
 * directory is `/`): a frozen disk would hold it, and a held init does not even pass a SIGKILL on. It waits for the end
 * of its stdin, so that it ends when powercut ends, however that happens, and it reaps orphans while it waits.
 *
 * System V shared memory, message queues and /dev/shm are the machine's own: a power cut takes them, and nothing stays on
 * the host. So is the boot id, by which programs (LMDB's binding for Node is one) tell a boot from a mere restart of their own.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import assert from 'node:assert/strict';
import { whyNoNamespace } from './namespace-errors.ts';
import { childrenOf, pidNamespaceOf, processesIn } from './procfs.ts';
import { searchPath, toolFile } from './tools.ts';
import { UnavailableError } from './unavailable.ts';

/** Where programs of a machine put temporary files: off the disk, and gone with the machine. */
export const temporaryDirectory = '/dev/shm/tmp';

export interface Namespace {
  /** Pid of the init as this process sees it. */
  readonly initPid: number;
  readonly running: boolean;
  /** Resolves when no process is left in it, whichever way it ended. */
  readonly gone: Promise<void>;
  /** Command line of a program that enters, up to the program itself; exit code 126 where the directory is missing. */
  enter(workingDirectory: string): string[];
  /** Sends SIGKILL to every process. When it returns, none of them executes another instruction of its program. */
  kill(): void;
}

export interface NamespaceOptions {
  /** What /proc/sys/kernel/random/boot_id says in it, a UUID: another after each loss of power, and only then. */
  readonly bootId: string;
  /** A plain directory that stands in the machine where the disk would be. */
  readonly bind?: { readonly from: string; readonly to: string };
}

const readyTimeoutMs = 20_000;

export async function startNamespace(options: NamespaceOptions): Promise<Namespace> {
  const { bind, bootId } = options;
  const isolate = '--mount --propagation private --ipc --uts --pid --fork --kill-child --mount-proc'.split(
    ' ',
  );
  const init = spawn(
    toolFile('unshare'),
    [...isolate, 'sh', '-c', initScript, 'powercut-init', bootId, bind?.from ?? '', bind?.to ?? ''],
    // A session of its own: a Ctrl-C at the terminal is for powercut, which decides what becomes of the machine.
    { cwd: '/', detached: true, env: { PATH: searchPath() }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  init.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    init.once('exit', () => resolve());
    init.once('error', () => resolve());
  });
  try {
    await ready(init);
    return new RunningNamespace(init, gone);
  } catch (error) {
    init.kill('SIGKILL');
    await gone;
    throw error;
  }
}

/**
 * A boot id must be a file of procfs, or programs do not believe it. The domain name of NIS, which nobody else looks at, is
 * one whose text belongs to the namespace. Root of a user namespace may not write it there, but by its system call, for which
 * there is the package hostname; where that is missing, no two programs see the same boot id: safe to lose power on.
 *
 * `cat` ends when the other end of its stdin does. A shell that waits for it in the foreground reaps every orphan
 * meanwhile. `:` keeps the shell from becoming `cat` by exec.
 */
const initScript = `
set -e
mkdir -p /dev/shm
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
mkdir -m 1777 ${temporaryDirectory}
if { echo "$1" >/proc/sys/kernel/domainname || domainname "$1"; } 2>/dev/null; then
  id=domainname
else
  id=random/uuid
fi
mount --bind /proc/sys/kernel/$id /proc/sys/kernel/random/boot_id
if [ -n "$2" ]; then mount --bind "$2" "$3"; fi
echo ready
exec >/dev/null 2>&1
cat
:
`;

/**
 * In the namespaces, still privileged: the program's directory may be on the disk, so that only what runs inside enters
 * it. A core file would be written there as well, and would be taken for the program's data.
 */
const enterScript = 'ulimit -c 0; cd -- "$1" || exit 126; shift; unset OLDPWD; exec "$@"';

class RunningNamespace implements Namespace {
  readonly initPid: number;
  readonly gone: Promise<void>;
  readonly #pidNamespace: string;
  readonly #init: ChildProcess;

  constructor(init: ChildProcess, gone: Promise<void>) {
    assert(init.pid !== undefined);
    const [initPid] = childrenOf(init.pid);
    const pidNamespace = initPid === undefined ? undefined : pidNamespaceOf(initPid);
    if (initPid === undefined || pidNamespace === undefined) {
      throw new UnavailableError('the machine ended while it was started: its init is gone; start it again');
    }
    assert(pidNamespace !== pidNamespaceOf('self'), 'a machine has a pid namespace of its own');
    this.initPid = initPid;
    this.gone = gone;
    this.#pidNamespace = pidNamespace;
    this.#init = init;
  }

  get running(): boolean {
    return this.#init.exitCode === null && this.#init.signalCode === null;
  }

  enter(workingDirectory: string): string[] {
    const target = ['--target', String(this.initPid), '--mount', '--ipc', '--uts', '--pid'];
    return [
      toolFile('nsenter'),
      ...target,
      toolFile('setsid'),
      toolFile('sh'),
      '-c',
      enterScript,
      'powercut-enter',
      workingDirectory,
    ];
  }

  /**
   * The kernel kills the members itself when an init dies, but a little later than our call returns. A power cut must not
   * leave that gap, in which a program could still tell its client something about the first failed write. A process
   * with a pending SIGKILL cannot fork, so that the rounds end as soon as one finds nobody new.
   */
  kill(): void {
    if (!this.running) return;
    signal(this.initPid, 'SIGKILL');
    const killed = new Set<number>();
    for (let round = 0; round < 100; round++) {
      const alive = processesIn(this.#pidNamespace).filter((pid) => !killed.has(pid));
      if (alive.length === 0) return;
      for (const pid of alive) {
        signal(pid, 'SIGKILL');
        killed.add(pid);
      }
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Resolves when the init says so; rejects with a sentence that says what it said instead. */
function ready(init: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    const timer = setTimeout(
      () => fail(`it did not come up within ${readyTimeoutMs / 1000} s`),
      readyTimeoutMs,
    );
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new UnavailableError(`cannot start a machine: ${whyNoNamespace(why)}`));
    };
    init.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('ready\n')) return;
      clearTimeout(timer);
      resolve();
    });
    init.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
    init.once('error', (error) => fail(error.message));
    init.once('close', (code) => fail(complaint.trim() || `unshare ended with code ${code ?? 'none'}`));
  });
}
