/**
 * Loop devices, mounts and checks on behalf of a file system's process, from a small shell: a process that holds gigabytes of
 * pages must not fork, and one that serves a device must not hold anything open on it, or its own end would wait for itself.
 *
 * A loop device is told to detach itself as soon as it is there: the shell's own descriptor keeps it until the mount does, and
 * when the last of them is gone, however that happens, so is the device. When the process ends, however it ends, the shell takes
 * the mounts away.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '../mount/json-lines.ts';
import { settlesWithin } from '../mount/time-limit.ts';

/** `$1` and on: mount points, the one that was mounted last first. Commands: `ID VERB ARGUMENTS`, with tabs in between. */
const script = `
trap '' INT TERM HUP
set -f
tab=$(printf '\\t')
answer() { printf '%s %s %s\\n' "$1" "$2" "$(printf '%s' "$3" | head -c 20000 | tr '\\n' '\\036')"; }
hold() {
  tries=0
  while [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    device=$(losetup --find 2>&1) || { said=$device; return 1; }
    [ -b "$device" ] || said=$(mknod -m 600 "$device" b 7 "\${device#/dev/loop}" 2>&1) || return 1
    if said=$(losetup --direct-io=on --sector-size 512 -- "$device" "$1" 2>&1); then
      command exec 9<"$device" || { losetup --detach "$device"; said="cannot open $device"; return 1; }
      losetup --detach "$device"
      [ "$(cat "/sys/block/\${device#/dev/}/loop/dio")" = 1 ] && return 0
      said="$device does not do direct I/O on a FUSE file"
      return 1
    fi
    case $said in *busy*) ;; *) return 1 ;; esac
  done
  return 1
}
mounts=$(printf '%s\\n' "$@")
while IFS= read -r line; do
  IFS=$tab
  set -- $line
  unset IFS
  id=$1 verb=$2
  shift 2
  case $verb in
    mount)
      if hold "$1"; then said=$(mount -i -t "$2" -o "$3" -- "$device" "$4" 2>&1 </dev/null); code=$?; else code=100; fi
      exec 9<&-
      answer "$id" "$code" "$device
$said" ;;
    run) said=$("$@" 2>&1 </dev/null); answer "$id" $? "$said" ;;
    copy)
      {
        size=$(du -s -B 1 -- "$1" 2>&1 | cut -f 1)
        if [ "$size" -le "$3" ]; then said=$(cp -a -- "$1/." "$2" 2>&1); code=$?; else said="$size bytes"; code=101; fi
        answer "$id" "$code" "$said"
      } </dev/null & ;;
    sync) { said=$(sync -f -- "$1" 2>&1); answer "$id" $? "$said"; } </dev/null & ;;
  esac
done
IFS='
'
for mount in $mounts; do umount -i -l -- "$mount" 2>/dev/null; done
exit 0
`;

const answerLimitLength = 64 * 1024;
const noLoopDevice = 100;
const detachPollMs = 5;

export interface ShellAnswer {
  readonly code: number;
  /** What it said, a line each. */
  readonly lines: readonly string[];
}

export type Mounting =
  { readonly device: string } | { readonly failure: string; readonly at: 'loop device' | 'mount' };

export class FileSystemShell {
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #waiting = new Map<number, (answer: ShellAnswer) => void>();
  #lastId = 0;
  #end: string | undefined;

  /** `mountPoints`: what it takes away at its end, in this order. */
  constructor(mountPoints: readonly string[]) {
    const child = spawn('sh', ['-c', script, 'powercut-file-system', ...mountPoints], {
      // A session of its own: Ctrl-C at the terminal must not end it before the process that serves the devices.
      detached: true,
      cwd: '/',
      env: {
        PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        LC_ALL: 'C',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    this.#stdin = child.stdin;
    const gone = (): void => {
      this.#end = 'the shell that mounts has ended';
      for (const settle of this.#waiting.values()) settle({ code: -1, lines: [this.#end] });
      this.#waiting.clear();
    };
    child.once('error', gone);
    child.once('exit', gone);
    child.stdin.on('error', gone);
    const splitter = new LineSplitter(answerLimitLength);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of splitter.push(text)) this.#settle(line);
    });
  }

  /** A file system on a loop device on a file, past the page cache: what it writes is seen when it is written. */
  async mount(file: string, kind: string, options: string, directory: string): Promise<Mounting> {
    const { code, lines } = await this.#ask(['mount', file, kind, options, directory]);
    const [device = '', ...said] = lines;
    if (code === 0) return { device: device.replace(/^\/dev\//, '') };
    return { failure: said.join(' ').trim(), at: code === noLoopDevice ? 'loop device' : 'mount' };
  }

  /** A program to its end. Arguments hold no tabs and no line ends. */
  run(program: string, ...args: readonly string[]): Promise<ShellAnswer> {
    return this.#ask(['run', program, ...args]);
  }

  /** Copies a tree beside whatever else is done. False where it is larger than `limitBytes`, cannot be read, or takes too long. */
  async copy(from: string, to: string, limitBytes: number, timeoutMs: number): Promise<boolean> {
    const answer = this.#ask(['copy', from, to, String(limitBytes)]);
    return (await settlesWithin(answer, timeoutMs)) && (await answer).code === 0;
  }

  /** syncfs(2). False when it failed or did not come back within `timeoutMs`. */
  async sync(directory: string, timeoutMs: number): Promise<boolean> {
    const answer = this.#ask(['sync', directory]);
    return (await settlesWithin(answer, timeoutMs)) && (await answer).code === 0;
  }

  /** Whether a loop device let go of its file in time. */
  async isDetached(device: string, timeoutMs: number): Promise<boolean> {
    const file = `/sys/block/${device}/loop/backing_file`;
    for (let waitedMs = 0; existsSync(file); waitedMs += detachPollMs) {
      if (waitedMs >= timeoutMs) return false;
      await sleep(detachPollMs);
    }
    return true;
  }

  /** Ends it, and with it what is still mounted. Resolves when it is gone, at the latest after `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    this.#stdin.end();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await settlesWithin(once(this.#child, 'exit'), timeoutMs);
  }

  #ask(words: readonly string[]): Promise<ShellAnswer> {
    if (this.#end !== undefined) return Promise.reject(new Error(this.#end));
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#stdin.write(`${[String(id), ...words].join('\t')}\n`);
    });
  }

  #settle(line: string): void {
    const [, id, code, text] = /^(\d+) (\d+) (.*)$/s.exec(line) ?? [];
    const settle = this.#waiting.get(Number(id));
    if (settle === undefined) return;
    this.#waiting.delete(Number(id));
    const lines = (text ?? '').split('\u001e').map((each) => each.trimEnd());
    settle({ code: Number(code), lines: lines.filter((each) => each !== '') });
  }
}
