/** The process that carries out system calls for the judge (host.py): one question at a time, one answer each. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '../machine/unavailable.ts';
import { LineSplitter } from '../mount/json-lines.ts';

const answerLimitLength = 256 * 1024 * 1024;

/** What went wrong in a system call that was no part of a program. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly errno: string;

  constructor(sentence: string, errno: string) {
    super(sentence);
    this.errno = errno;
  }
}

/** One of host.py's commands, by its name. */
export type HostQuestion = { readonly do: string } & Readonly<Record<string, unknown>>;

export class Host {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { resolve: (answer: object) => void; reject: (error: Error) => void }[] = [];

  /** `controlFile` is the bench's: the host itself says when an op has returned. */
  constructor(python: string, controlFile: string) {
    this.#child = spawn(
      python,
      ['-I', '-S', fileURLToPath(new URL('host.py', import.meta.url)), controlFile],
      {
        cwd: '/',
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    const splitter = new LineSplitter(answerLimitLength);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of splitter.push(text)) this.#settle(line);
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.once('error', (error) => this.#fail(error.message));
    this.#child.once('close', (code) => this.#fail(`it ended with ${code ?? 'a signal'}`));
  }

  ask<Answer extends object>(question: HostQuestion): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve: (answer) => resolve(answer as Answer), reject });
      this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.stdin.end();
    });
  }

  #settle(line: string): void {
    const waiting = this.#waiting.shift();
    const answer = JSON.parse(line) as { readonly error?: string; readonly errno?: string };
    if (answer.error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new HostError(answer.error, answer.errno ?? 'unknown'));
  }

  #fail(how: string): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new UnavailableError(`the process that makes system calls for the judge is gone: ${how}`));
    }
  }
}
