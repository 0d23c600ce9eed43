/**
 * Keeps what a disk process owns: the disk in service, the disk as it was before the last loss (for traces), and the images
 * that were kept. Answers requests about them. Knows nothing of threads or of the kernel.
 *
 * Invariant: while a mount is served its disk object stays in service, even when a cut has already built the next one: the
 * kernel may still name inodes of the old.
 */
import { Disk, type DiskOptions } from '../disk/disk.ts';
import type { Caller } from '../disk/disk-state.ts';
import type { Op } from '../disk/op.ts';
import { profiles } from '../disk/profiles/catalogue.ts';
import type { Loss as DiskLoss } from '../disk/unsynced.ts';
import type { Selection, DiskRequests, Loss, Trace, UnsyncedFile, UnsyncedReport } from './control.ts';
import { cutBy } from './cut-choice.ts';
import type { Progress } from './freeze-gate.ts';
import { jsonInPieces } from './json-pieces.ts';
import { KeptImages } from './kept-images.ts';
import { LossDescription } from './loss-description.ts';
import type { OpLog } from './op-log.ts';
import type { ProcessNames } from './process-names.ts';
import { Refusal } from './refusal.ts';
import { StaleFiles } from './stale-files.ts';
import { exportTree } from './image-export.ts';
import { importTree } from './tree-import.ts';
import type { Steps } from './steps.ts';
import type { Transfer } from './tree-transfer.ts';
import type { WorkerRequests } from './worker-requests.ts';

type Reply<Name extends keyof DiskRequests> = DiskRequests[Name]['reply'];

/** Stands for the image of a disk that keeps none. */
const noImage = 0;
const tracesPerNeedle = 16;
const maxNeedles = 64;
/** Described in about a millisecond. */
const fewFiles = 200;
const barrierKinds: ReadonlySet<Op['kind']> = new Set([
  'fsync',
  'fdatasync',
  'fsync-dir',
  'checkpoint',
  'lose-unsynced',
  'cut',
]);

interface LastLoss {
  readonly description: LossDescription;
  /** The image that the description needs, and in which more may be left than the two faces tell. */
  readonly image?: number;
}

export class DiskKeeper {
  /** What the mount serves. */
  readonly served: { current: Disk };
  readonly #options: DiskOptions;
  readonly #names: ProcessNames;
  readonly #makeDisk: (options: DiskOptions) => Disk;
  /** The newest disk; differs from the served one between a cut under a mount and the end of that mount. */
  #current: Disk;
  #previous: Disk | undefined;
  #last: LastLoss | undefined;
  /** Nobody asks for these any more; nobody waits for their pages to be given back either. */
  #outdated: Disk[] = [];
  #whyNoPrevious = 'nothing was cut or lost yet';
  readonly #images = new KeptImages();
  readonly #stale = new StaleFiles();
  #cuts = 0;
  #mutations = 0;
  #isServing = false;
  readonly #self: Caller = { pid: process.pid, uid: 0, gid: 0 };

  constructor(
    options: Omit<DiskOptions, 'onOp'>,
    names: ProcessNames,
    log: OpLog | undefined,
    makeDisk: (options: DiskOptions) => Disk = (all) => new Disk(all),
  ) {
    this.#names = names;
    this.#makeDisk = makeDisk;
    this.#options = {
      ...options,
      onOp: (op) => {
        if (!barrierKinds.has(op.kind)) this.#mutations++;
        const process = names.see(op.pid, op.timeMs);
        log?.add(op, process);
      },
    };
    this.#current = makeDisk(this.#options);
    this.served = { current: this.#current };
    // Programs must not find a disk full because of what only traces need.
    options.store?.onShortage(() => this.tidy() || this.#givePreviousUp() || this.#current.forgetRecord());
  }

  progress(): Progress {
    const { opCount, unsyncedFiles } = this.served.current;
    return { opNumber: opCount, mutations: this.#mutations, hasUnsynced: unsyncedFiles > 0 };
  }

  /** The disk was cut under its mount: what that mount still holds must never be applied. */
  get isReplaced(): boolean {
    return this.served.current !== this.#current;
  }

  beginService(): void {
    this.#isServing = true;
  }

  endService(): void {
    this.#isServing = false;
    this.#stale.clear();
    const disk = this.served.current;
    this.served.current = this.#current;
    if (disk === this.#current) disk.forgetAll();
    else if (disk !== this.#previous) disk.release();
  }

  stats(): WorkerRequests['stats']['reply'] {
    const { ops, barriers, ...held } = this.#current.stats();
    return {
      profile: this.#current.profile.name,
      ops,
      barriers,
      cuts: this.#cuts,
      unsyncedBytes: this.#current.unsyncedBytes,
      unsyncedFiles: this.#current.unsyncedFiles,
      ...held,
    };
  }

  report(): UnsyncedReport {
    const timeMs = this.#options.clock.monotonicMs();
    return {
      timeMs,
      sizeBytes: this.#current.unsyncedBytes,
      files: this.#named(this.#current.unsynced()),
    };
  }

  /** The same as JSON, of this very instant, however long it takes to put it into words. */
  *reportInSteps(note: string | undefined): Steps<{ readonly text: string }> {
    const timeMs = this.#options.clock.monotonicMs();
    const { unsyncedBytes: sizeBytes, unsyncedFiles, keepsImages } = this.#current;
    const rest = JSON.stringify({ timeMs, sizeBytes, ...(note === undefined ? {} : { note }) });
    // A fork costs little, but what is written afterwards is copied first: not for the few files that most reports are of.
    const instant = unsyncedFiles > fewFiles && keepsImages ? this.#current.fork() : undefined;
    try {
      const pieces = instant?.unsyncedInSteps() ?? [this.#current.unsynced()];
      yield '{"files":[';
      let separator = '';
      for (const files of pieces) {
        if (files === undefined || files.length === 0) {
          yield;
        } else {
          yield separator + JSON.stringify(this.#named(files)).slice(1, -1);
          separator = ',';
        }
      }
    } finally {
      instant?.release();
    }
    return { text: `],${rest.slice(1)}` };
  }

  checkpoint(): Reply<'checkpoint'> {
    const { sizeBytes } = this.#current.checkpoint(this.#self);
    return { timeMs: this.#options.clock.monotonicMs(), sizeBytes };
  }

  /** `tell` hears which files that changes, before it does. */
  loseUnsynced(tell: (inos: readonly number[]) => void): Reply<'lose-unsynced'> {
    if (this.isReplaced)
      throw new Refusal('cannot lose what is un-synced: the disk was cut and waits for its unmount');
    const timeMs = this.#options.clock.monotonicMs();
    const disk = this.#current;
    const inos = disk.filesToLose();
    tell(inos);
    if (disk.keepsImages) {
      const before = disk.fork({ recorded: true });
      this.#keepPrevious(before);
      this.#last = { description: new LossDescription(() => before.lossInSteps('data', timeMs)) };
    } else {
      this.#last = { description: LossDescription.of(disk.loss('data')) };
    }
    const { resizedInos } = disk.loseUnsynced(this.#self, inos);
    if (this.#isServing) this.#stale.add(inos, resizedInos);
    return { timeMs };
  }

  /** What the last cut or loss took, or the one that an image is of. */
  *lossInSteps(image: number | undefined): Steps<{ readonly text: string }> {
    const description = this.#descriptionOf(image);
    for (;;) {
      const loss = description.advance();
      if (loss !== undefined) return yield* jsonInPieces(this.#withProcesses(loss));
      yield '';
    }
  }

  #descriptionOf(image: number | undefined): LossDescription {
    if (image === undefined) {
      if (this.#last === undefined) throw new Refusal('nothing was cut or lost yet');
      return this.#last.description;
    }
    const { description, before } = this.#images.find(image);
    if (!description.isFinished && before !== this.#previous)
      throw new Refusal(`what the cut of image ${image} took is not known any more: ask before the next one`);
    return description;
  }

  /** For who needs it at once. */
  lastLoss(): DiskLoss {
    return this.#descriptionOf(undefined).finish();
  }

  /** Of the files that lost something since the last time those that the kernel still knows, where they are not too many. */
  takeStale(atMost: number): WorkerRequests['stale']['reply'] {
    return this.#stale.take(this.served.current, atMost);
  }

  cut(choice: Selection): Reply<'cut'> {
    const old = this.#current;
    const timeMs = this.#options.clock.monotonicMs();
    if (!old.keepsImages) return this.#cutForGood(choice, timeMs);
    const { image, description, isOfFaces } = cutBy(old, old.profile, choice, timeMs);
    const number = this.#images.keep({ disk: image, description, before: old });
    this.#current = image.fork();
    if (old.records) this.#current.beginRecording();
    this.#cuts++;
    if (!this.#isServing) this.served.current = this.#current;
    if (choice !== 'keep-all') {
      this.#keepPrevious(old);
    } else {
      description.finish();
      // Nothing was dropped, so nothing is to be found.
      this.#keepPrevious(image.fork());
      if (old !== this.served.current) old.release();
    }
    this.#last = isOfFaces ? { description } : { description, image: number };
    return { timeMs, image: number };
  }

  cutImage(profileName: string, choice: Selection): Reply<'cut-image'> {
    const before = this.#previous;
    if (before === undefined)
      throw new Refusal(`there is no cut to make an image of: ${this.#whyNoPrevious}`);
    const profile = profiles.get(profileName);
    if (profile === undefined) throw new Refusal(`there is no profile "${profileName}"`);
    const timeMs = this.#options.clock.monotonicMs();
    const { image } = cutBy(before, profile, choice, timeMs);
    // Most are never asked what they took, and what that is told from is large: it is made once more for those that are.
    const description = new LossDescription(() => {
      const again = cutBy(before, profile, choice, timeMs);
      const loss = again.description.finish();
      again.image.release();
      return loss;
    });
    return { timeMs, image: this.#images.keep({ disk: image, description, before }) };
  }

  /** The durable face lies outside: it is the image, and nothing of what was lost is kept. */
  #cutForGood(choice: Selection, timeMs: number): Reply<'cut'> {
    const old = this.#current;
    if (typeof choice !== 'string')
      throw new Refusal('the durable state of this disk is a directory: a cut can only lose all or keep all');
    this.#last = { description: LossDescription.of(old.loss(choice)) };
    if (choice === 'keep-all') old.checkpoint(this.#self);
    this.#current = old.afterCut();
    this.#cuts++;
    if (!this.#isServing) this.served.current = this.#current;
    if (old !== this.served.current) old.release();
    return { timeMs, image: noImage };
  }

  keepImage(): Reply<'keep-image'> {
    const disk = this.#current;
    if (!disk.keepsImages)
      throw new Refusal('the durable state of this disk is a directory: copy that, no image is kept');
    const timeMs = this.#options.clock.monotonicMs();
    const { image, description } = cutBy(disk, disk.profile, 'lose-all', timeMs);
    // The disk goes on at once.
    const loss = this.#withProcesses(description.finish());
    const number = this.#images.keep({ disk: image, description, before: undefined });
    return { ...loss, image: number, frozenMs: timeMs, opNumber: disk.opCount };
  }

  dropImage(number: number): void {
    if (number === noImage) return;
    if (this.#last?.image === number) this.#last.description.finish();
    this.#images.drop(number);
  }

  exportImage(number: number, directory: string): Steps<Transfer> {
    return exportTree(this.#images.find(number).disk, directory);
  }

  *import(directory: string): Steps<Transfer> {
    const disk = this.served.current;
    const entries = disk.entries(Disk.rootIno);
    if (typeof entries === 'number' || entries.length > 0) {
      throw new Refusal(`cannot load ${directory}: the disk is not empty, wipe it first`);
    }
    try {
      return yield* importTree(disk, this.#self, directory);
    } catch (error) {
      this.wipe();
      throw error;
    }
  }

  wipe(): void {
    if (!this.#current.keepsImages)
      throw new Refusal(
        'the durable state of this disk is a directory: empty that, it is not wiped from here',
      );
    const lastOpNumber = this.#current.opCount;
    this.#current.release();
    this.#current = this.#makeDisk({ ...this.#options, lastOpNumber });
    this.served.current = this.#current;
  }

  trace(needles: readonly string[]): readonly Trace[] {
    if (this.#previous === undefined) throw new Refusal(`nothing to trace: ${this.#whyNoPrevious}`);
    const searched = needles.filter((needle) => needle !== '');
    if (searched.length > maxNeedles)
      throw new Refusal(`at most ${maxNeedles} needles can be traced at once`);
    const found = this.#previous.findUnsynced(searched, tracesPerNeedle);
    if (this.#last?.image === undefined) return found;
    const lost = new Set(this.#last.description.finish().ops.map(({ number }) => number));
    return found.filter(({ op }) => op !== undefined && lost.has(op.number));
  }

  #keepPrevious(disk: Disk): void {
    const older = this.#previous;
    this.#previous = disk;
    if (older !== undefined && older !== this.served.current) this.#outdated.push(older);
  }

  /** Gives back what is of no use any more: to be called when nobody waits for an answer. True if that made room. */
  tidy(): boolean {
    const outdated = this.#outdated;
    this.#outdated = [];
    for (const disk of outdated) disk.release();
    return outdated.length > 0;
  }

  /** True if that made room. */
  #givePreviousUp(): boolean {
    const disk = this.#previous;
    if (disk === undefined || disk === this.served.current) return false;
    this.#last?.description.finish();
    this.#previous = undefined;
    this.#whyNoPrevious = 'what was lost last was given up, because the disk was full';
    disk.release();
    return true;
  }

  /** Puts the names into the descriptions, which were made for this: copies of 100,000 would take longer than the rest. */
  #named(files: readonly (Omit<UnsyncedFile, 'process'> & { process?: string })[]): UnsyncedFile[] {
    for (const file of files) {
      const process = this.#names.nameOf(file.lastOp.pid);
      if (process !== undefined) file.process = process;
    }
    return [...files];
  }

  #withProcesses(loss: Omit<Loss, 'processes'>): Loss {
    const processes: Record<string, string> = {};
    const pids = new Set([...loss.ops, ...loss.files.map((file) => file.lastOp)].map((op) => op.pid));
    for (const pid of pids) {
      const name = this.#names.nameOf(pid);
      if (name !== undefined) processes[pid] = name;
    }
    return { ...loss, files: this.#named(loss.files), processes };
  }
}
