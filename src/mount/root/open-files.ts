/**
 * Descriptors of the plain files behind inodes: opened when first needed, the least recently used closed. Files that lost
 * their last name while somebody has them open are held, because no path leads to them any more.
 */
import * as fs from 'node:fs';
import { errorCode } from '../mount-errors.ts';
import { bytesOf } from '../tree-transfer.ts';

const openAtMost = 256;

export class OpenFiles {
  /** Oldest use first. */
  readonly #open = new Map<number, number>();
  readonly #held = new Map<number, number>();

  isHeld(ino: number): boolean {
    return this.#held.has(ino);
  }

  /** The descriptor, opened at `path` unless it is open. Throws the system's error. */
  get(ino: number, path: () => string): number {
    const held = this.#held.get(ino);
    if (held !== undefined) return held;
    const known = this.#open.get(ino);
    if (known !== undefined) {
      this.#open.delete(ino);
      this.#open.set(ino, known);
      return known;
    }
    const descriptor = openFile(path());
    this.put(ino, descriptor);
    return descriptor;
  }

  put(ino: number, descriptor: number): void {
    this.close(ino);
    this.#open.set(ino, descriptor);
    if (this.#open.size <= openAtMost) return;
    const [oldest] = this.#open.keys();
    this.close(oldest!);
  }

  /** The file is about to lose its last name. */
  hold(ino: number, path: () => string): void {
    const descriptor = this.get(ino, path);
    this.#open.delete(ino);
    this.#held.set(ino, descriptor);
  }

  close(ino: number): void {
    for (const map of [this.#open, this.#held]) {
      const descriptor = map.get(ino);
      if (descriptor !== undefined) fs.closeSync(descriptor);
      map.delete(ino);
    }
  }

  closeAll(): void {
    for (const ino of [...this.#open.keys(), ...this.#held.keys()]) this.close(ino);
  }
}

function openFile(path: string): number {
  const { O_RDWR, O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  try {
    return fs.openSync(bytesOf(path), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    // A file that its owner may not write: reading it is right, and writing it out will say what is wrong.
    if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EROFS') throw error;
    return fs.openSync(bytesOf(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }
}
