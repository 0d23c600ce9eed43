/**
 * syncfs(2), which Node lacks: the kernel hands over what only it holds of a mount. A shell of its own, spawned before the disk
 * holds anything, that does nothing else: no unmounting waits behind a sync that a frozen disk keeps, and a sync is one process to
 * start. Beside programs that keep the processor busy each one more waits for it, and that is nearly all that a report costs them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { LineSplitter } from './json-lines.ts';
import { settlesWithin } from './time-limit.ts';

/** `$1`: the mount point. A line in is a sync, a line out its exit code; in order, one at a time. */
const script = `
trap '' INT TERM HUP
# Ahead of whatever runs on the disk, where that is allowed: it is short, and somebody waits for it.
chrt --fifo --pid 1 $$ >/dev/null 2>&1
while read -r _; do
  sync -f -- "$1" </dev/null 2>/dev/null
  echo $?
done
`;
const answerLimitLength = 64;

interface Shell {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  /** In the order of asking. */
  readonly waiting: ((isDone: boolean) => void)[];
}

export class SyncShell {
  readonly #directory: string;
  #shell: Shell | undefined;
  #current: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  start(): void {
    if (this.#shell !== undefined) return;
    const child = spawn('sh', ['-c', script, 'powercut-syncs', this.#directory], {
      // A session of its own: Ctrl-C at the terminal must not end it before the disk process.
      detached: true,
      cwd: '/',
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const shell: Shell = { child, stdin: child.stdin, waiting: [] };
    const gone = (): void => {
      if (this.#shell === shell) this.#shell = undefined;
      for (const settle of shell.waiting.splice(0)) settle(false);
    };
    child.once('error', gone);
    child.once('exit', gone);
    child.stdin.on('error', gone);
    const splitter = new LineSplitter(answerLimitLength);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const code of splitter.push(text)) shell.waiting.shift()?.(code === '0');
    });
    this.#shell = shell;
  }

  /** One that began after this call. False when it failed. Who asks while one is under way shares the next. */
  sync(): Promise<boolean> {
    if (this.#current === undefined) return this.#begin();
    return (this.#next ??= this.#current.then(() => this.#begin()));
  }

  /** Resolves when what was asked for until now is done. */
  async idle(): Promise<void> {
    await (this.#next ?? this.#current);
  }

  /** Resolves when the shell is gone, at the latest after `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    const child = this.#shell?.child;
    this.#shell?.stdin.end();
    this.#shell = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await settlesWithin(once(child, 'exit'), timeoutMs);
  }

  #begin(): Promise<boolean> {
    this.#next = undefined;
    this.start();
    const { stdin, waiting } = this.#shell!;
    const run = new Promise<boolean>((resolve) => {
      waiting.push(resolve);
      stdin.write('\n');
    });
    this.#current = run;
    void run.then(() => {
      if (this.#current === run) this.#current = undefined;
    });
    return run;
  }
}
