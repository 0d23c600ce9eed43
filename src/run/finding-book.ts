/**
 * The findings of a run: numbered, proven, and written to the store as they are made, each with its crash image as a plain
 * directory while there are few of its kind.
 */
import { join } from 'node:path';
import type { FindingClass } from '../checkers/finding.ts';
import type { DiskControl, Selection } from '../mount/control.ts';
import type { Finding, Tried } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';
import { exportImage } from './export-image.ts';
import { Instants, type Instant } from './instants.ts';
import type { Found } from './judge.ts';
import { isPortability } from '../report/profiles.ts';
import { readJson, writeJson, type RunStore } from './store.ts';

/** Images cost their size: the first few of a class tell the story. */
const imagesPerClass = 3;
/** A target that fails at every cut says the same for ever. */
const maxFindings = 1000;
/** Of the dropped ops, for a replay. */
const maxStoredOps = 2000;

/** Where a finding comes from. */
export interface Origin {
  /** The boot that showed it. */
  readonly boot: number;
  /** What took something from the target before. */
  readonly fault?: CutFacts;
  /** The key of the checker's violation (history-judge.ts); absent where no history shows it, as for a start that failed. */
  readonly violation?: string;
}

/** `findings/N/finding.json`: a finding, and what a replay and an analysis need to know of it. */
export interface StoredFinding extends Finding {
  readonly boot: number;
  readonly violation?: string;
  readonly fault?: Omit<CutFacts, 'image'>;
}

export class FindingBook {
  readonly findings: Finding[] = [];
  readonly notes = new Set<string>();
  /** Keys of the violations that findings tell of. */
  readonly told = new Set<string>();
  readonly #store: Pick<RunStore, 'findingDirectory'>;
  readonly #disk: Pick<DiskControl, 'request'>;
  readonly #profile: string;
  readonly #instants: Instants;
  /** Findings whose instant is kept, by their index. */
  readonly #pending = new Set<number>();
  readonly #onFinding: (finding: Finding) => void;
  readonly #images = new Map<FindingClass, number>();

  constructor(
    store: Pick<RunStore, 'findingDirectory'>,
    disk: Pick<DiskControl, 'request'>,
    profile: string,
    onFinding: (finding: Finding) => void,
  ) {
    this.#store = store;
    this.#disk = disk;
    this.#profile = profile;
    this.#instants = new Instants(disk, profile);
    this.#onFinding = onFinding;
  }

  async add(found: Found, { boot, fault, violation }: Origin): Promise<void> {
    if (this.findings.length >= maxFindings) {
      this.notes.add(`only the first ${maxFindings} findings were written down`);
      return;
    }
    if (violation !== undefined) this.told.add(violation);
    const number = this.findings.length + 1;
    const directory = this.#store.findingDirectory(number);
    const whyNot = await this.#instants.keep(fault, boot);
    if (whyNot === undefined) this.#pending.add(number);
    const image = await this.#keepImage(found.class, fault, join(directory, 'image'));
    const finding: Finding = {
      number,
      class: found.class,
      message: found.message,
      cut: fault?.number ?? 0,
      timeMs: found.timeMs,
      profiles: [this.#profile],
      tried: untried(this.#instants.profiles, whyNot ?? 'the run did not come to it'),
      evidence: found.evidence,
      ...(image ? { image: join('findings', String(number), 'image') } : {}),
    };
    this.findings.push(finding);
    const stored: StoredFinding = {
      ...finding,
      boot,
      ...(violation === undefined ? {} : { violation }),
      ...(fault === undefined ? {} : { fault: storedFault(fault) }),
    };
    writeJson(join(directory, 'finding.json'), stored);
    this.#onFinding(finding);
  }

  /** Instants that can be tried under other profiles, in order. */
  get instants(): readonly Instant[] {
    return this.#instants.list;
  }

  /** The findings that wait for an instant to be tried. */
  pendingAt({ fault }: Instant): readonly Finding[] {
    return this.findings.filter(({ number, cut }) => cut === fault.number && this.#pending.has(number));
  }

  /** Writes down where else a finding holds. */
  settle({ number }: Finding, outcomes: readonly Tried[]): Finding {
    const before = this.findings[number - 1];
    if (before === undefined) throw new Error(`there is no finding ${number}`);
    const drawn = isDrawn(this.#instants.choiceAt(before.cut));
    const tried = drawn ? outcomes.map(asDrawn) : outcomes;
    const holds = tried.filter(({ outcome }) => outcome === 'same').map(({ profile }) => profile);
    const finding: Finding = {
      ...before,
      profiles: [this.#profile, ...holds],
      tried,
      ...(!drawn && isPortability(this.#profile, tried) ? { portability: true } : {}),
    };
    this.findings[number - 1] = finding;
    const file = join(this.#store.findingDirectory(number), 'finding.json');
    writeJson(file, { ...readJson<StoredFinding>(file), ...finding });
    return finding;
  }

  async #keepImage(kind: FindingClass, fault: CutFacts | undefined, directory: string): Promise<boolean> {
    const kept = this.#images.get(kind) ?? 0;
    if (fault?.image === undefined || kept >= imagesPerClass) return false;
    const note = await exportImage(this.#disk, fault.image, directory);
    if (note !== undefined) this.notes.add(`the crash images that were kept are not complete: ${note}`);
    this.#images.set(kind, kept + 1);
    return true;
  }
}

export function untried(profiles: readonly string[], why: string): readonly Tried[] {
  return profiles.map((profile) => ({ profile, outcome: 'untried', detail: why }));
}

/** The disk's number of the image means nothing in the store. */
function storedFault({ image: _image, ...fault }: CutFacts): Omit<CutFacts, 'image'> {
  return { ...fault, ops: fault.ops.slice(-maxStoredOps) };
}

/** Each profile draws an image of its own: that theirs show nothing says nothing of the others that they allow. */
function isDrawn(choice: Selection | undefined): boolean {
  return typeof choice === 'object' && choice.kind === 'random';
}

function asDrawn(tried: Tried): Tried {
  if (tried.outcome !== 'nothing') return tried;
  return { ...tried, detail: 'each profile draws an image of its own, and another one may show it' };
}
