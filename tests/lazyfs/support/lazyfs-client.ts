/**
 * A user of LazyFS, as jepsen.lazyfs is one: writes the configuration beside the data directory, mounts through the script,
 * echoes commands into the FIFO, reads the log.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { mountAt } from '../../../src/mount/mount-table.ts';
import { eventually } from '../../mount/support/disks.ts';

const run = promisify(execFile);
export const executable = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface ClientOptions {
  /** TOML to put into the tables, and after them. */
  readonly faults?: string;
  readonly cache?: string;
  readonly filesystem?: string;
  readonly more?: string;
  readonly words?: readonly string[];
}

export class LazyFsClient {
  readonly directory: string;
  readonly data: string;
  readonly fifoPath: string;
  readonly logPath: string;
  readonly #config: string;
  readonly #words: readonly string[];
  #heard = 0;

  /** DIR and DIR.lazyfs/{data,fifo,config,log}. */
  constructor(folder: string, options: ClientOptions = {}) {
    this.directory = join(folder, 'db');
    const side = `${this.directory}.lazyfs`;
    this.data = join(side, 'data');
    this.fifoPath = join(side, 'fifo');
    this.logPath = join(side, 'log');
    this.#config = join(side, 'config');
    this.#words = options.words ?? [];
    mkdirSync(this.directory);
    mkdirSync(this.data, { recursive: true });
    const cache =
      options.cache ?? 'apply_eviction=false\n[cache.simple]\ncustom_size="0.5GB"\nblocks_per_page=1\n';
    writeFileSync(
      this.#config,
      `[faults]\nfifo_path="${this.fifoPath}"\n${options.faults ?? ''}\n[cache]\n${cache}\n[filesystem]\n` +
        `logfile="${this.logPath}"\n${options.filesystem ?? 'log_all_operations=false'}\n${options.more ?? ''}`,
    );
  }

  async mount(): Promise<void> {
    this.#heard = 0;
    const words = [
      this.directory,
      '--config-path',
      this.#config,
      '-o',
      'allow_other',
      '-o',
      'modules=subdir',
    ];
    const own = ['-o', `subdir=${this.data}`, ...this.#words];
    await run(process.execPath, [executable, 'lazyfs', ...words, ...own]);
  }

  get isMounted(): boolean {
    return mountAt(this.directory) !== undefined;
  }

  /** The process that serves: the one that LazyFS says it kills. */
  get pid(): number {
    const found = execFileSync('pgrep', ['-f', `lazyfs.*${this.#config}|^lazyfs`], { encoding: 'utf8' });
    const serving = found
      .trim()
      .split('\n')
      .find(
        (pid) =>
          readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(this.directory) &&
          holds(pid, this.fifoPath),
      );
    expect(serving, 'a process that serves').toBeDefined();
    return Number(serving);
  }

  /** As `echo CMD > FIFO`; resolves when the log has `said` since the last time. */
  async command(command: string, said: string | RegExp): Promise<string> {
    writeFileSync(this.fifoPath, `${command}\n`);
    return this.hear(said);
  }

  async hear(said: string | RegExp): Promise<string> {
    const isSaid = (text: string) => (typeof said === 'string' ? text.includes(said) : said.test(text));
    await eventually(() => isSaid(this.log().slice(this.#heard)));
    const text = this.log().slice(this.#heard);
    this.#heard += text.length;
    return text;
  }

  log(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, 'utf8') : '';
  }

  async loseUnfsyncedWrites(): Promise<void> {
    await this.command('lazyfs::clear-cache', 'cache is cleared.');
  }

  async checkpoint(): Promise<void> {
    await this.command('lazyfs::cache-checkpoint', 'checkpoint is done.');
  }

  /** Also of a dead mount. Resolves when the process is gone with all that it had. */
  async umount(): Promise<void> {
    const source = mountAt(this.directory)?.source ?? '';
    await run('umount', ['-l', this.directory]);
    await eventually(() => !this.isMounted && !existsSync(dirname(source.replace(/^lazyfs:/, ''))));
  }

  /** A shell in the mounted directory; resolves with its output and exit code. */
  async sh(script: string): Promise<{ readonly out: string; readonly code: number }> {
    try {
      const { stdout } = await run('sh', ['-c', script], {
        cwd: '/',
        env: { ...process.env, D: this.directory, R: this.data },
      });
      return { out: stdout, code: 0 };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { out: stdout + stderr, code };
    }
  }

  async python(script: string): Promise<{ readonly out: string; readonly code: number }> {
    writeFileSync(
      join(this.directory, '..', 'script.py'),
      `import os, mmap, sys, time\nD, R = os.environ['D'], os.environ['R']\n${script}`,
    );
    return this.sh('python3 "$D/../script.py" 2>&1');
  }

  root(name: string): string {
    return readFileSync(join(this.data, name), 'latin1');
  }
}

function holds(pid: string, path: string): boolean {
  try {
    return execFileSync('sh', ['-c', `ls -l /proc/${pid}/fd`], { encoding: 'utf8' }).includes(path);
  } catch {
    return false;
  }
}
