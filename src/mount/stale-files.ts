/** Files that lost something under a mount, of which the kernel may believe what is no longer so, until it is told (stale-caches.ts). */
import type { Disk } from '../disk/disk.ts';
import type { WorkerRequests } from './worker-requests.ts';

export class StaleFiles {
  readonly #inos = new Set<number>();
  /** Those of them whose sizes changed. */
  readonly #resized = new Set<number>();

  add(inos: readonly number[], resizedInos: readonly number[]): void {
    for (const ino of inos) this.#inos.add(ino);
    for (const ino of resizedInos) this.#resized.add(ino);
  }

  clear(): void {
    this.#inos.clear();
    this.#resized.clear();
  }

  /** Those that the kernel still knows, where they are not too many; and none of them again. */
  take(disk: Disk, atMost: number): WorkerRequests['stale']['reply'] {
    for (const ino of this.#inos) if (!disk.isRemembered(ino)) this.#inos.delete(ino);
    if (this.#inos.size > atMost) return { inos: [], resizedPaths: [], areMore: true };
    const inos = [...this.#inos];
    const resizedPaths = inos.filter((ino) => this.#resized.has(ino)).map((ino) => disk.pathOf(ino));
    this.clear();
    return { inos, resizedPaths, areMore: false };
  }
}
