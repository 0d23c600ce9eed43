/**
 * The tree of a real file system as programs saw it when the power went, most of which the kernel held in memory alone: copied
 * while the device holds its writes, and held against what the recovery left. Only a help to proofs: where it cannot be had (too
 * much of it, or a program was stopped in the middle of something that its readers wait for), less is said.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TakenFile, Trace } from '../mount/control.ts';
import type { FileSystemShell } from './file-system-shell.ts';
import { takenFiles } from './taken-files.ts';

const limitBytes = 256 * 1024 ** 2;
const patienceMs = 3_000;
const tracesPerNeedle = 16;

export class SeenTree {
  readonly #directory: string;
  readonly #shell: FileSystemShell;
  #isWhole = false;
  #taken: readonly TakenFile[] = [];

  /** `directory`: a place for it, on the computer's own disk. */
  constructor(directory: string, shell: FileSystemShell) {
    this.#directory = directory;
    this.#shell = shell;
  }

  /** Nobody changes the tree any more. */
  async look(tree: string): Promise<void> {
    this.#forget();
    mkdirSync(this.#directory, { mode: 0o700 });
    this.#isWhole = await this.#shell.copy(tree, this.#directory, limitBytes, patienceMs);
  }

  /** What is not as it was seen; undefined where that is not known. Of what is alike nothing is kept. */
  compare(recovered: string): readonly TakenFile[] | undefined {
    if (!this.#isWhole) return undefined;
    this.#isWhole = false;
    this.#taken = takenFiles(this.#directory, recovered);
    return this.#taken;
  }

  /** Where the bytes lay in what the last cut took. */
  find(needles: readonly string[]): Trace[] {
    const searched = needles.filter((needle) => needle !== '');
    return this.#taken
      .filter(({ ranges }) => ranges.length > 0)
      .flatMap((file) => searched.flatMap((needle) => this.#findIn(file, needle)));
  }

  #findIn({ path, ranges }: TakenFile, needle: string): Trace[] {
    const bytes = readFileSync(join(this.#directory, path));
    const found: Trace[] = [];
    for (const { offset, length } of ranges) {
      // A needle may begin before the range and end in it.
      let at = bytes.indexOf(needle, Math.max(0, offset - needle.length + 1));
      for (; at >= 0 && at < offset + length; at = bytes.indexOf(needle, at + 1)) {
        found.push({ needle, path, offset: at });
        if (found.length >= tracesPerNeedle) return found;
      }
    }
    return found;
  }

  #forget(): void {
    this.#isWhole = false;
    this.#taken = [];
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
