/**
 * The findings of a run: numbered, proven, and written to the store as they are made, each with its crash image as a plain
 * directory while there are few of its kind.
 */
import { join } from 'node:path';
import type { FindingClass } from '../checkers/finding.ts';
import type { DiskControl } from '../mount/control.ts';
import type { Finding } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';
import { writeJson, type RunStore } from './store.ts';

/** Images cost their size: the first few of a class tell the story. */
const imagesPerClass = 3;
/** A target that fails at every cut says the same for ever. */
const maxFindings = 1000;

export class FindingBook {
  readonly findings: Finding[] = [];
  readonly #store: RunStore;
  readonly #disk: DiskControl;
  readonly #profile: string;
  readonly #onFinding: (finding: Finding) => void;
  readonly #images = new Map<FindingClass, number>();

  constructor(store: RunStore, disk: DiskControl, profile: string, onFinding: (finding: Finding) => void) {
    this.#store = store;
    this.#disk = disk;
    this.#profile = profile;
    this.#onFinding = onFinding;
  }

  /** `boot`: the boot that showed it, for the replay. */
  async add(
    finding: Pick<Finding, 'class' | 'message' | 'timeMs' | 'evidence'>,
    cut: CutFacts | undefined,
    boot: number,
  ): Promise<void> {
    if (this.findings.length >= maxFindings) return;
    const number = this.findings.length + 1;
    const directory = this.#store.findingDirectory(number);
    const image = await this.#keepImage(finding.class, cut, directory);
    const made: Finding = {
      number,
      class: finding.class,
      message: finding.message,
      cut: cut?.number ?? 0,
      timeMs: finding.timeMs,
      profiles: [this.#profile],
      evidence: finding.evidence,
      ...(image ? { image: join('findings', String(number), 'image') } : {}),
    };
    this.findings.push(made);
    writeJson(join(directory, 'finding.json'), {
      ...made,
      boot,
      cutTimeMs: cut?.timeMs ?? null,
      dropped:
        cut === undefined ? null : { files: cut.files, ops: cut.ops.slice(-2000), opCount: cut.opCount },
    });
    this.#onFinding(made);
  }

  async #keepImage(kind: FindingClass, cut: CutFacts | undefined, directory: string): Promise<boolean> {
    const kept = this.#images.get(kind) ?? 0;
    if (cut?.image === undefined || kept >= imagesPerClass) return false;
    await this.#disk.request('export-image', { image: cut.image, directory: join(directory, 'image') });
    this.#images.set(kind, kept + 1);
    return true;
  }
}
