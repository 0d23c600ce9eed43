/** The main thread's side of the thread that owns the disk. */
import type { DiskOptions } from './control.ts';
import type { Unfinished } from './steps.ts';
import { ThreadLink, type ThreadStart } from './thread-link.ts';
import type { WorkerRequests, WorkerStart, WorkerTold } from './worker-requests.ts';

export class WorkerLink extends ThreadLink<WorkerRequests, WorkerTold> {
  readonly #flags: Int32Array;
  /** Hears which files are about to lose something. */
  onLosing: (inos: readonly number[]) => void = () => undefined;
  /** Hears of losses that a fault made, once they are over. */
  onLost: () => void = () => undefined;

  private constructor(options: DiskOptions, wake: () => void, onWarning: (sentence: string) => void) {
    const flags = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const start: Omit<WorkerStart, keyof ThreadStart> = { options, flags };
    super({
      file: new URL('./disk-worker.js', import.meta.url),
      start,
      wake,
      onTold: (told) => {
        if ('warning' in told) onWarning(told.warning);
        else if ('losing' in told) this.onLosing(told.losing);
        else this.onLost();
      },
    });
    this.#flags = new Int32Array(flags);
  }

  /** `wake` makes a thread that blocks in the session read its messages. Rejects when the disk cannot be made. */
  static start(
    options: DiskOptions,
    wake: () => void,
    onWarning: (sentence: string) => void,
  ): Promise<WorkerLink> {
    return new WorkerLink(options, wake, onWarning).ready();
  }

  get isLogPending(): boolean {
    return this.#flags[0] === 1;
  }

  /** Work in slices, until it is done. Where it answers in text, `onText` gets what comes before the last answer. */
  async callInSlices<Name extends 'export-image' | 'import' | 'report' | 'loss'>(
    name: Name,
    params: WorkerRequests[Name]['params'],
    onText: (text: string) => void = () => undefined,
  ): Promise<Exclude<WorkerRequests[Name]['reply'], Unfinished>> {
    type Reply = WorkerRequests[Name]['reply'];
    let reply: Reply = await this.call(name, params);
    while ('more' in reply) {
      onText(reply.text);
      // Whoever waits for the disk waits for one slice, not for one after the other.
      reply = (await this.call('continue', { number: reply.more }, 'after those that wait')) as Reply;
    }
    return reply as Exclude<Reply, Unfinished>;
  }
}
