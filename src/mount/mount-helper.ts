/**
 * Mounts and unmounts on behalf of a disk process, from a small shell that was spawned before the disk held anything: a
 * process that holds gigabytes of pages must not fork (86–132 ms at 2 GiB). The shell inherits /dev/fuse descriptors that
 * this process opened, one for each mount to come, and closes each after its use, so that a dead disk process is a dead
 * connection. When the disk process ends, however it ends, the shell takes the mount away.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { LineSplitter } from './json-lines.ts';
import { escapeField } from './mount-table.ts';
import { deviceError, mountError } from './mount-errors.ts';
import { findProgram } from './find-program.ts';
import { SyncShell } from './sync-shell.ts';
import { settlesWithin } from './time-limit.ts';

/** Which shell, and how many descriptors it can look after: bash closes any, a plain sh only single-digit ones, 3 to 9. */
const shellKinds = [
  { command: 'bash', descriptors: 64 },
  { command: 'sh', descriptors: 7 },
] as const;
const answerLimitLength = 64 * 1024;
const syncPatienceMs = 1_000;

/** `$1` directory, `$2` source, `$3` options, `$4` source as the mount table shows it. Commands: `ID VERB [NUMBER]`. */
const script = `
trap '' INT TERM HUP
dir=$1 source=$2 options=$3 shown=$4 dead=$5
answer() { printf '%s %s %s\\n' "$1" "$2" "$(printf '%s' "$3" | tr '\\n' ' ')"; }
while IFS=' ' read -r id verb fd; do
  case $verb in
    mount)
      text=$(mount -i -t fuse -o "fd=$fd,$options" -- "$source" "$dir" 2>&1 </dev/null); code=$?
      eval "exec $fd<&-"
      answer "$id" $code "$text" ;;
    unmount) text=$(umount -i -- "$dir" 2>&1 </dev/null); answer "$id" $? "$text" ;;
    force) text=$(umount -i -f -l -- "$dir" 2>&1 </dev/null); answer "$id" $? "$text" ;;
    abort)
      # fusectl is not mounted everywhere; in a mount namespace of its own nothing of it stays. Only root can mount it.
      text=$(unshare --mount --propagation private sh -c '
        cd /sys/fs/fuse/connections || exit
        [ -e "$1/abort" ] || { mount -i -t fusectl fusectl . && cd "$PWD"; } && echo 1 >"$1/abort"
      ' abort "$fd" 2>&1 </dev/null)
      answer "$id" $? "$text" ;;
    leave) exit 0 ;;
  esac
done
[ "$dead" != kept ] && grep -qF -- " - fuse $shown " /proc/self/mountinfo && umount -i -f -l -- "$dir" 2>/dev/null
socket=\${source#*:}
rm -f -- "$socket"
rmdir -- "\${socket%/*}" 2>/dev/null
exit 0
`;

/** A mounted connection: the descriptor that requests are read from. */
export interface MountedDevice {
  readonly descriptor: number;
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

interface Shell {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  /** Descriptors not used yet: ours, and the shell's number for it. */
  readonly unused: { readonly ours: number; readonly theirs: number }[];
  readonly waiting: Map<number, (answer: Answer) => void>;
}

export class MountHelper {
  readonly #directory: string;
  readonly #source: string;
  readonly #options: string;
  readonly #syncs: SyncShell;
  readonly #deadMount: 'removed' | 'kept';
  #shell: Shell | undefined;
  #lastId = 0;

  /** `options` are mount(8)'s, without `fd`. `deadMount`: what becomes of a mount whose disk process was killed. */
  constructor(
    directory: string,
    source: string,
    options: readonly string[],
    deadMount: 'removed' | 'kept' = 'removed',
  ) {
    this.#deadMount = deadMount;
    this.#directory = directory;
    this.#source = source;
    this.#options = options.join(',');
    this.#syncs = new SyncShell(directory);
  }

  /** Opens the descriptors and spawns the shells. Throws a sentence when this computer has no usable /dev/fuse. */
  prepare(): void {
    this.#syncs.start();
    if (this.#shell !== undefined && this.#shell.unused.length > 0) return;
    // It must not mistake the next shell's mount for one of its own that was left behind.
    this.#shell?.stdin.write('0 leave\n');
    this.#dismiss();
    const { command, descriptors } = shellKinds.find((kind) => findProgram(kind.command)) ?? shellKinds[1];
    const ours = openDevices(descriptors);
    const child = spawn(
      command,
      [
        '-c',
        script,
        'powercut-mounts',
        this.#directory,
        this.#source,
        this.#options,
        escapeField(this.#source),
        this.#deadMount,
      ],
      {
        // A session of its own: Ctrl-C at the terminal must not end it before the disk process.
        detached: true,
        cwd: '/',
        env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
        stdio: ['pipe', 'pipe', 'ignore', ...ours],
      },
    );
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('the mount shell has no pipes');
    const unused = ours.map((descriptor, index) => ({ ours: descriptor, theirs: 3 + index }));
    const shell: Shell = { child, stdin, unused, waiting: new Map() };
    const gone = (): void => {
      if (this.#shell === shell) this.#dismiss();
      for (const settle of shell.waiting.values())
        settle({ code: -1, text: 'the shell that mounts has ended' });
      shell.waiting.clear();
    };
    child.once('error', gone);
    child.once('exit', gone);
    stdin.on('error', gone);
    const splitter = new LineSplitter(answerLimitLength);
    stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of splitter.push(text)) settleAnswer(shell, line);
    });
    this.#shell = shell;
  }

  /** Mounts with a fresh descriptor. Rejects with a sentence that says what to do. */
  async mount(): Promise<MountedDevice> {
    this.prepare();
    const device = this.#shell?.unused.shift();
    if (device === undefined) throw new Error('no /dev/fuse descriptor is left');
    const { code, text } = await this.#ask(`mount ${device.theirs}`);
    if (code === 0) return { descriptor: device.ours };
    closeSync(device.ours);
    throw mountError(this.#directory, text);
  }

  /** Plain umount(2): false when programs still use it. Our own syncs are none of them. */
  async unmount(): Promise<boolean> {
    await settlesWithin(this.#syncs.idle(), syncPatienceMs);
    const { code, text } = await this.#ask('unmount');
    if (code === 0 || /not mounted|no mount point/.test(text)) return true;
    if (/busy/.test(text)) return false;
    throw new Error(`umount ${this.#directory}: ${text}`);
  }

  /** Ends the connection, whatever still uses it, and takes the mount out of the tree. */
  async forceUnmount(): Promise<void> {
    const { code, text } = await this.#ask('force');
    if (code !== 0 && !/not mounted|no mount point/.test(text)) {
      throw new Error(`umount --force --lazy ${this.#directory}: ${text}`);
    }
  }

  /** Ends a connection that no mount here leads to any more, by its number. */
  async abortConnection(number: number): Promise<void> {
    const { code, text } = await this.#ask(`abort ${number}`);
    if (code !== 0) throw new Error(`the FUSE connection ${number} cannot be aborted: ${text}`);
  }

  /** syncfs(2): the kernel hands over what only it holds. False when it failed or did not come back within `timeoutMs`. */
  async sync(timeoutMs: number): Promise<boolean> {
    const done = this.#syncs.sync();
    return (await settlesWithin(done, timeoutMs)) && done;
  }

  /** Ends the shells; one takes away what is still mounted. Resolves when it is gone, at the latest after `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    const child = this.#shell?.child;
    this.#dismiss();
    await this.#syncs.end(timeoutMs);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await settlesWithin(once(child, 'exit'), timeoutMs);
  }

  #ask(command: string): Promise<Answer> {
    if (this.#shell === undefined) this.prepare();
    const shell = this.#shell;
    if (shell === undefined) return Promise.reject(new Error('the shell that mounts could not be started'));
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      shell.waiting.set(id, resolve);
      shell.stdin.write(`${id} ${command}\n`);
    });
  }

  #dismiss(): void {
    const shell = this.#shell;
    this.#shell = undefined;
    if (shell === undefined) return;
    for (const { ours } of shell.unused.splice(0)) closeSync(ours);
    shell.stdin.end();
  }
}

function openDevices(count: number): number[] {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync('/dev/fuse', 'r+'));
    return opened;
  } catch (error) {
    opened.forEach(closeSync);
    throw deviceError(error);
  }
}

function settleAnswer(shell: Shell, line: string): void {
  const [, id, code, text] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
  const settle = shell.waiting.get(Number(id));
  if (settle === undefined) return;
  shell.waiting.delete(Number(id));
  settle({ code: Number(code), text: (text ?? '').trim() });
}
