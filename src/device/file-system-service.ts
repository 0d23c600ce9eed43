/**
 * What a disk with a real file system does for whoever asks: puts the kernel's side (loop devices, mounts, the kernel's own
 * recovery) and the devices' side of each request in order. Never touches the mounts in a way that waits for a held request.
 *
 * Programs see a directory of the file system, not its root: mkfs leaves things there that some programs do not like to find
 * (lost+found), and that checks miss when they are gone.
 */
import { chmod, chown, mkdir, readdir, statfs } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  DiskRequests,
  FreezeTrigger,
  Frozen,
  Loss,
  RecoveredFileSystem,
  TakenFile,
  Trace,
} from '../mount/control.ts';
import { checkImportDirectory, checkMountPoint, prepareExportDirectory } from '../mount/directories.ts';
import { clockSince } from '../mount/disk-clock.ts';
import { Exclusive } from '../mount/exclusive.ts';
import { UnavailableError } from '../mount/mount-errors.ts';
import type { MountHelper } from '../mount/mount-helper.ts';
import { Refusal } from '../mount/refusal.ts';
import type { DiskRequest } from '../mount/request-checks.ts';
import type { Service } from '../mount/service-process.ts';
import { settlesWithin } from '../mount/time-limit.ts';
import type { DeviceLink } from './device-link.ts';
import type { DeviceLoss } from './device-requests.ts';
import type { FileSystemDiskOptions } from './file-system-disk.ts';
import { FileSystemMounts, sayingOf } from './file-system-mounts.ts';
import type { FileSystemShell } from './file-system-shell.ts';
import { realFileSystem, type RealFileSystem } from './real-file-system.ts';
import { SeenTree } from './seen-tree.ts';

type Reply<Name extends keyof DiskRequests> = DiskRequests[Name]['reply'];

/** All in the work folder, made here. */
export interface FileSystemDirectories {
  /** Where the devices are files. */
  readonly devices: string;
  /** Where the file system is mounted, of which programs see a part. */
  readonly live: string;
  /** Where copies of images are mounted. */
  readonly look: string;
  /** The tree as programs saw it when the power went. */
  readonly seen: string;
}

interface Parts {
  readonly helper: MountHelper;
  readonly shell: FileSystemShell;
  readonly worker: DeviceLink;
}

interface Mounted {
  readonly device: string;
  gate: 'open' | 'held' | 'failing';
}

/** What programs see. */
const dataName = 'data';
const syncTimeoutMs = 10_000;
const maxCheckLines = 20;

export class FileSystemService implements Service {
  readonly failed: Promise<string>;
  readonly #options: FileSystemDiskOptions;
  readonly #directories: FileSystemDirectories;
  readonly #helper: MountHelper;
  readonly #shell: FileSystemShell;
  readonly #worker: DeviceLink;
  readonly #fileSystem: RealFileSystem;
  readonly #clock: ReturnType<typeof clockSince>;
  readonly #tree: SeenTree;
  readonly #mounts: FileSystemMounts;
  readonly #order = new Exclusive();
  #isServing = false;
  #mounted: Mounted | undefined;
  #last: { readonly image: number; readonly loss: Loss } | undefined;

  constructor(
    options: FileSystemDiskOptions,
    directories: FileSystemDirectories,
    { helper, shell, worker }: Parts,
  ) {
    const fileSystem = realFileSystem(options.fileSystem);
    if (fileSystem === undefined) throw new Error(`there is no real file system "${options.fileSystem}"`);
    this.failed = worker.failed;
    this.#options = options;
    this.#directories = directories;
    this.#helper = helper;
    this.#shell = shell;
    this.#worker = worker;
    this.#fileSystem = fileSystem;
    this.#clock = clockSince(options.epochMs ?? 0);
    this.#tree = new SeenTree(directories.seen, shell);
    this.#mounts = new FileSystemMounts(fileSystem, directories.devices, shell);
  }

  /** Makes a worker that blocks in the session read its messages. */
  wake(): void {
    if (this.#isServing) statfs(this.#directories.devices).catch(() => undefined);
  }

  /** Before anything else: mounts the devices, and makes the file system that every new disk begins with. */
  async format(): Promise<void> {
    const { devices, live, look } = this.#directories;
    for (const directory of [devices, live, look]) mkdirSync(directory, { mode: 0o700 });
    const { descriptor } = await this.#helper.mount();
    void this.#worker.call('serve', { descriptor }).catch(() => undefined);
    this.#isServing = true;
    await statfs(this.#directories.devices);
    const { file } = await this.#worker.call('create', {});
    const [program, ...options] = this.#fileSystem.mkfsOnZeros;
    const made = await this.#shell.run(program, ...options, this.#mounts.pathOf(file));
    if (made.code !== 0)
      throw new UnavailableError(`${program} failed: ${made.lines[0] ?? `exit code ${made.code}`}`);
    const device = await this.#mounts.mountAt(this.#directories.live, file);
    const data = join(this.#directories.live, dataName);
    await mkdir(data);
    await chown(data, this.#options.owner.uid, this.#options.owner.gid);
    await chmod(data, 0o755);
    await this.#mounts.unmountFrom(this.#directories.live, device);
    await this.#worker.call('finish', {});
  }

  async handle(request: DiskRequest): Promise<object> {
    switch (request.name) {
      case 'stats':
        return this.#stats();
      case 'report':
        return this.#report();
      case 'checkpoint':
        return this.#checkpoint();
      case 'freeze':
        return this.#freeze(request.params.trigger);
      case 'thaw':
        return this.#thaw();
      case 'fail':
        return this.#fail();
      case 'keep-image':
        return this.#lossOf(await this.#worker.call('keep-image', {}));
      case 'trace':
        return this.#trace(request.params.needles);
      default:
        return this.#order.run(() => this.#handleAlone(request));
    }
  }

  flushLog(): void {
    this.#worker.call('flush-log', {}).catch(() => undefined);
  }

  async end(patienceMs: number): Promise<void> {
    await settlesWithin(this.#order.idle(), patienceMs);
    if (this.#mounted?.gate === 'held') await settlesWithin(this.#fail(), patienceMs);
    if (this.#mounted !== undefined) await this.#unmount();
    await this.#worker.call('flush-log', {});
    await this.#helper.forceUnmount();
    this.#isServing = false;
  }

  /** What must not overlap: what replaces the disk, its mount or its images. */
  async #handleAlone(request: DiskRequest): Promise<object> {
    switch (request.name) {
      case 'mount':
        return this.#mount();
      case 'unmount':
      case 'quit':
        return this.#unmount();
      case 'cut':
        return this.#cut(request.params);
      case 'loss':
        return this.#loss(request.params);
      case 'export-image':
        return this.#export(request.params);
      case 'drop-image':
        return this.#worker.call('drop-image', { image: request.params.image });
      case 'import':
        return this.#import(request.params.directory);
      case 'wipe':
        this.#requireUnmounted('wipe');
        return this.#worker.call('wipe', {});
      case 'lose-unsynced':
        throw new Refusal(
          `cannot lose what is un-synced on a living ${this.#fileSystem.name}: the kernel holds it; only a cut takes it`,
        );
      case 'cut-image':
        throw new Refusal(`a real ${this.#fileSystem.name} follows its own rules, and no profile`);
      default:
        throw new Error(`"${request.name}" has no handler`);
    }
  }

  async #stats(): Promise<Reply<'stats'>> {
    const { name } = this.#fileSystem;
    return {
      mounted: this.#mounted !== undefined,
      profile: name,
      ...(await this.#worker.call('stats', {})),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  async #report(): Promise<Reply<'report'>> {
    const { unsyncedBytes } = await this.#worker.call('stats', {});
    return {
      timeMs: this.#clock.monotonicMs(),
      sizeBytes: unsyncedBytes,
      files: [],
      note: `a real ${this.#fileSystem.name} does not tell which files are un-synced, nor what the kernel holds of them in its memory: reports count only block writes that it has not flushed yet`,
    };
  }

  /** In the files that the cut changed, and in the block writes that it dropped. */
  async #trace(needles: readonly string[]): Promise<readonly Trace[]> {
    return [...this.#tree.find(needles), ...(await this.#worker.call('trace', { needles }))];
  }

  async #checkpoint(): Promise<Reply<'checkpoint'>> {
    const { unsyncedBytes } = await this.#worker.call('stats', {});
    const timeMs = this.#clock.monotonicMs();
    if (this.#mounted === undefined) return { timeMs, sizeBytes: unsyncedBytes };
    if (await this.#shell.sync(this.#options.mountPoint, syncTimeoutMs))
      return { timeMs, sizeBytes: unsyncedBytes };
    const note = `syncfs did not come back within ${syncTimeoutMs / 1000} s: not everything may be durable`;
    return { timeMs, sizeBytes: unsyncedBytes, note };
  }

  async #freeze(trigger: FreezeTrigger): Promise<Frozen> {
    const mounted = this.#requireMounted('freeze');
    const hurry = (name: 'freeze-soon' | 'freeze-overdue', share: number) =>
      trigger.at === 'now'
        ? undefined
        : setTimeout(() => {
            this.#worker.call(name, {}).catch(() => undefined);
          }, trigger.withinMs * share);
    const timers = [hurry('freeze-soon', 0.5), hurry('freeze-overdue', 1)];
    try {
      const frozen = await this.#worker.call('freeze', { trigger });
      mounted.gate = 'held';
      return frozen;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  async #thaw(): Promise<object> {
    const mounted = this.#requireMounted('thaw');
    await this.#worker.call('thaw', {});
    mounted.gate = 'open';
    return {};
  }

  async #fail(): Promise<object> {
    if (this.#mounted === undefined) return {};
    if (this.#mounted.gate === 'held') await this.#tree.look(join(this.#directories.live, dataName));
    await this.#worker.call('fail', {});
    this.#mounted.gate = 'failing';
    return {};
  }

  async #mount(): Promise<object> {
    const { mountPoint } = this.#options;
    this.#requireUnmounted('mount');
    await checkMountPoint(mountPoint);
    const { live } = this.#directories;
    const { file } = await this.#worker.call('attach', {});
    const device = await this.#mounts.mountAt(live, file);
    const bound = await this.#shell.run('mount', '--bind', '--', join(live, dataName), mountPoint);
    if (bound.code !== 0) {
      await this.#mounts.unmountFrom(live, device);
      throw new Refusal(`cannot mount on ${mountPoint}: ${sayingOf(bound)}`);
    }
    this.#mounted = { device, gate: 'open' };
    return {};
  }

  async #unmount(): Promise<Reply<'unmount'>> {
    const mounted = this.#mounted;
    if (mounted === undefined) return { forced: false };
    if (mounted.gate === 'held')
      throw new Refusal('cannot unmount: the disk is frozen, thaw or fail it first');
    const forced = mounted.gate === 'open' && !(await this.#letGo());
    // Whoever still uses it, and the file system itself, must not write a thing from here on.
    if (mounted.gate === 'failing' || forced) {
      await this.#worker.call('fail', {});
      for (const directory of [this.#options.mountPoint, this.#directories.live])
        await this.#shell.run('umount', '-i', '-l', '--', directory);
    }
    const isDetached = await this.#mounts.isDetached(mounted.device);
    if (!isDetached) throw new Refusal(`the kernel does not let go of ${mounted.device}`);
    this.#mounted = undefined;
    await this.#worker.call('detach', {});
    await this.#worker.call('open', {});
    return { forced };
  }

  /** A plain umount; programs that were just killed may take a moment to leave. False when somebody stays. */
  async #letGo(): Promise<boolean> {
    const { mountPoint } = this.#options;
    const isFree =
      (await this.#mounts.isUnmounted(mountPoint)) &&
      (await this.#mounts.isUnmounted(this.#directories.live));
    if (!isFree) await this.#shell.sync(this.#directories.live, syncTimeoutMs);
    return isFree;
  }

  async #cut({ choice }: DiskRequests['cut']['params']): Promise<Reply<'cut'>> {
    this.#requireUnmounted('cut');
    const { image, ...loss } = await this.#worker.call('cut', { choice });
    const fileSystem = await this.#recover(image);
    this.#last = { image, loss: { ...this.#lossOf(loss), fileSystem } };
    return { timeMs: loss.timeMs, image };
  }

  #loss({ image }: DiskRequests['loss']['params']): Loss {
    if (this.#last === undefined) throw new Refusal('nothing was cut yet');
    if (image !== undefined && image !== this.#last.image)
      throw new Refusal(`what the cut of image ${image} took is not known any more: ask before the next one`);
    return this.#last.loss;
  }

  /** Has the kernel recover a copy of an image, and the file system's own checker look at what that left. */
  async #recover(image: number): Promise<RecoveredFileSystem> {
    const { name, check, usualMountOptions } = this.#fileSystem;
    return this.#withCopy(image, async (file) => {
      const { look } = this.#directories;
      const device = await this.#mounts.mountAt(look, file);
      let taken: readonly TakenFile[] | undefined;
      try {
        taken = this.#tree.compare(join(look, dataName));
      } finally {
        await this.#mounts.unmountFrom(look, device);
      }
      const [program, ...options] = check;
      const checked = await this.#shell.run(program, ...options, this.#mounts.pathOf(file));
      return {
        name,
        mountOptions: usualMountOptions,
        check: check.join(' '),
        clean: checked.code === 0,
        lines: checked.code === 0 ? [] : checked.lines.slice(0, maxCheckLines),
        ...(taken === undefined ? {} : { taken }),
      };
    });
  }

  async #export(params: DiskRequests['export-image']['params']): Promise<Reply<'export-image'>> {
    const target = await prepareExportDirectory(params.directory, this.#options.mountPoint);
    const { look } = this.#directories;
    return this.#withCopy(params.image, async (file) => {
      const device = await this.#mounts.mountAt(look, file);
      try {
        await this.#mounts.copyTree(join(look, dataName), target);
      } finally {
        await this.#mounts.unmountFrom(look, device);
      }
      return { files: (await readdir(target, { recursive: true })).length };
    });
  }

  async #import(directory: string): Promise<Reply<'import'>> {
    this.#requireUnmounted('import');
    const source = await checkImportDirectory(directory);
    const { live } = this.#directories;
    const { file } = await this.#worker.call('attach', {});
    const device = await this.#mounts.mountAt(live, file);
    try {
      const data = join(live, dataName);
      if ((await readdir(data)).length > 0)
        throw new Refusal(`cannot load ${directory}: the disk is not empty, wipe it first`);
      await this.#mounts.copyTree(source, data);
      await this.#shell.sync(live, syncTimeoutMs);
    } finally {
      await this.#mounts.unmountFrom(live, device);
      await this.#worker.call('detach', {});
    }
    return { files: (await readdir(source, { recursive: true })).length };
  }

  async #withCopy<Result>(image: number, work: (file: string) => Promise<Result>): Promise<Result> {
    const { file } = await this.#worker.call('expose', { image });
    try {
      return await work(file);
    } finally {
      await this.#worker.call('conceal', { file });
    }
  }

  #lossOf<Lost extends DeviceLoss>(loss: Lost) {
    const { name } = this.#fileSystem;
    const rule = `what a file system has not flushed to its device may be lost, by the sector, and what the kernel holds in memory is; what that leaves of files is for ${name}'s own recovery to say`;
    return { ...loss, files: [], processes: {}, rules: { data: rule, name: rule, attributes: rule } };
  }

  #requireMounted(request: string): Mounted {
    if (this.#mounted === undefined) throw new Refusal(`cannot ${request}: the disk is not mounted`);
    return this.#mounted;
  }

  #requireUnmounted(request: string): void {
    if (this.#mounted !== undefined)
      throw new Refusal(`cannot ${request}: the disk is mounted, unmount it first`);
  }
}
