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
import type { OpLog } from './op-log.ts';
import type { ProcessNames } from './process-names.ts';
import { Refusal } from './refusal.ts';
import { exportTree } from './image-export.ts';
import { importTree } from './tree-import.ts';
import type { Steps } from './steps.ts';
import type { Transfer } from './tree-transfer.ts';
import type { LossNotice, WorkerRequests } from './worker-requests.ts';

type Reply<Name extends keyof DiskRequests> = DiskRequests[Name]['reply'];

/** Stands for the image of a disk that keeps none. */
const noImage = 0;
const tracesPerNeedle = 16;
const maxNeedles = 64;
/** Described in about a millisecond. */
const fewFiles = 200;
/** Each costs the pages in which it differs; a caller that never drops any must hear of it. */
const maxImages = 10_000;
const barrierKinds: ReadonlySet<Op['kind']> = new Set([
  'fsync',
  'fdatasync',
  'fsync-dir',
  'checkpoint',
  'lose-unsynced',
  'cut',
]);

export class DiskKeeper {
  /** What the mount serves. */
  readonly served: { current: Disk };
  readonly #options: DiskOptions;
  readonly #names: ProcessNames;
  readonly #makeDisk: (options: DiskOptions) => Disk;
  /** The newest disk; differs from the served one between a cut under a mount and the end of that mount. */
  #current: Disk;
  #previous: Disk | undefined;
  /** Of the previous disk, the ops that the cut dropped; undefined where that is everything un-synced. */
  #lostOps: ReadonlySet<number> | undefined;
  #whyNoPrevious = 'nothing was cut or lost yet';
  readonly #images = new Map<number, Disk>();
  #lastImage = 0;
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
    options.store?.onShortage(() => this.#givePreviousUp() || this.#current.forgetRecord());
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

  loseUnsynced(): LossNotice & { readonly loss: Loss } {
    if (this.isReplaced)
      throw new Refusal('cannot lose what is un-synced: the disk was cut and waits for its unmount');
    const before = this.#current.keepsImages ? this.#current.fork({ recorded: true }) : undefined;
    const { changedInos, resizedInos, ...loss } = this.#current.loseUnsynced(this.#self);
    if (before !== undefined) this.#keepPrevious(before);
    return { loss: this.#withProcesses(loss), changedInos, resizedInos };
  }

  inUse({ changedInos, resizedInos }: LossNotice): WorkerRequests['in-use']['reply'] {
    const disk = this.served.current;
    const isInUse = (ino: number) => disk.isRemembered(ino);
    return {
      inos: [...new Set(changedInos)].filter(isInUse),
      resizedPaths: [...new Set(resizedInos)].filter(isInUse).map((ino) => disk.pathOf(ino)),
    };
  }

  cut(choice: Selection): Reply<'cut'> {
    const old = this.#current;
    if (!old.keepsImages) return this.#cutForGood(choice);
    const { image, loss, isOfFaces } = cutBy(old, old.profile, choice);
    const number = this.#keep(image);
    this.#current = image.fork();
    if (old.records) this.#current.beginRecording();
    this.#cuts++;
    if (!this.#isServing) this.served.current = this.#current;
    if (choice !== 'keep-all') {
      this.#keepPrevious(old, isOfFaces ? undefined : loss);
    } else {
      // Nothing was dropped, so nothing is to be found.
      this.#keepPrevious(image.fork());
      if (old !== this.served.current) old.release();
    }
    return { ...this.#withProcesses(loss), image: number };
  }

  cutImage(profileName: string, choice: Selection): Reply<'cut-image'> {
    const before = this.#previous;
    if (before === undefined)
      throw new Refusal(`there is no cut to make an image of: ${this.#whyNoPrevious}`);
    const profile = profiles.get(profileName);
    if (profile === undefined) throw new Refusal(`there is no profile "${profileName}"`);
    const { image, loss } = cutBy(before, profile, choice);
    return { ...this.#withProcesses(loss), image: this.#keep(image) };
  }

  /** The durable face lies outside: it is the image, and nothing of what was lost is kept. */
  #cutForGood(choice: Selection): Reply<'cut'> {
    const old = this.#current;
    if (typeof choice !== 'string')
      throw new Refusal('the durable state of this disk is a directory: a cut can only lose all or keep all');
    const loss = this.#withProcesses(old.loss(choice));
    if (choice === 'keep-all') old.checkpoint(this.#self);
    this.#current = old.afterCut();
    this.#cuts++;
    if (!this.#isServing) this.served.current = this.#current;
    if (old !== this.served.current) old.release();
    return { ...loss, image: noImage };
  }

  keepImage(): Reply<'keep-image'> {
    if (!this.#current.keepsImages)
      throw new Refusal('the durable state of this disk is a directory: copy that, no image is kept');
    const cut = cutBy(this.#current, this.#current.profile, 'lose-all');
    const image = this.#keep(cut.image);
    const loss = this.#withProcesses(cut.loss);
    return { ...loss, image, frozenMs: loss.timeMs, opNumber: this.#current.opCount };
  }

  dropImage(number: number): void {
    if (number === noImage) return;
    this.#image(number).release();
    this.#images.delete(number);
  }

  exportImage(number: number, directory: string): Steps<Transfer> {
    return exportTree(this.#image(number), directory);
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
    const lost = this.#lostOps;
    return lost === undefined ? found : found.filter(({ op }) => op !== undefined && lost.has(op.number));
  }

  #image(number: number): Disk {
    const image = this.#images.get(number);
    if (image === undefined) throw new Refusal(`there is no image ${number}: it was dropped or never kept`);
    return image;
  }

  #keep(image: Disk): number {
    if (this.#images.size >= maxImages) {
      image.release();
      throw new Refusal(`${maxImages} images are kept already: drop some`);
    }
    const number = ++this.#lastImage;
    this.#images.set(number, image);
    return number;
  }

  /** `loss`: what was taken of it, where that is not all that was un-synced. */
  #keepPrevious(disk: Disk, loss?: DiskLoss): void {
    const older = this.#previous;
    this.#previous = disk;
    this.#lostOps = loss === undefined ? undefined : new Set(loss.ops.map(({ number }) => number));
    if (older !== undefined && older !== this.served.current) older.release();
  }

  /** True if that made room. */
  #givePreviousUp(): boolean {
    const disk = this.#previous;
    if (disk === undefined || disk === this.served.current) return false;
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
