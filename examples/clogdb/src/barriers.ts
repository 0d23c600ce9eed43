/**
 * The barriers of clogdb by name, and what each defends against: the one list of them. Each is passed at one place, and each
 * can be left out by its name, to see that it is needed. Nothing else in clogdb syncs.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

export const defences = {
  'data-directory': 'a cut after the first start takes the name of the data directory, and all that is in it',
  'config-file': 'a cut after the first start leaves config.toml empty',
  'metadata-file': 'a cut after any start leaves metadata.toml empty',
  'metadata-name': 'a cut after any start brings back the metadata.toml of an earlier one, with its epoch',
  'recovered-tail': 'a cut after any start leaves the segment empty that the log ended with',
  'recovered-name': 'a cut while a start begins a segment brings back the torn one before it',
  'segment-name': 'a cut after a segment was begun takes its name, and every commit in it',
  commit: 'a cut after a commit was acknowledged takes it',
  'object-file': 'a cut after a snapshot replaced the log leaves its objects empty',
  'object-name': 'a cut after a snapshot replaced the log takes the names of its objects',
  'object-directory': 'a cut after a snapshot replaced the log takes the directories of its objects',
  'manifest-file': 'a cut after a snapshot replaced the log leaves its manifest empty',
  'snapshot-directory': 'a cut after a snapshot replaced the log takes the name of its manifest',
  'snapshot-name': 'a cut after a snapshot replaced the log takes its name',
} as const;

export type BarrierName = keyof typeof defences;

export class Barriers {
  readonly #skipped: ReadonlySet<BarrierName>;

  constructor(skipped: Iterable<BarrierName> = []) {
    this.#skipped = new Set(skipped);
  }

  /** The data and the size of a file, without its times. */
  async data(name: BarrierName, handle: FileHandle): Promise<void> {
    if (!this.#skipped.has(name)) await handle.datasync();
  }

  /** A file, or the names in a directory. */
  async path(name: BarrierName, path: string): Promise<void> {
    if (this.#skipped.has(name)) return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** `metadata-file,commit`; throws a sentence that names what is wrong and what would be right. */
export function parseBarrierNames(text: string): BarrierName[] {
  return text.split(',').flatMap((name) => {
    if (name === '') return [];
    if (Object.hasOwn(defences, name)) return [name as BarrierName];
    throw new Error(`unknown barrier \`${name}\` (known: ${Object.keys(defences).join(', ')})`);
  });
}
