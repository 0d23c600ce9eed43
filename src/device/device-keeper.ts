/**
 * Keeps the devices of one disk with a real file system: the one in use, images that cuts left, copies of them that are looked
 * at. Answers requests about them, and serves their bytes. Knows nothing of threads, of the kernel, or of what the bytes mean.
 */
import type { Op } from '../disk/op.ts';
import type { PageStore } from '../disk/page-store.ts';
import type { Selection, Trace } from '../mount/control.ts';
import type { Progress } from '../mount/freeze-gate.ts';
import type { OpLog } from '../mount/op-log.ts';
import { Refusal } from '../mount/refusal.ts';
import { BlockDevice } from './block-device.ts';
import type { Devices, ServedDevice } from './device-files.ts';
import type { DeviceLoss, DeviceRequests } from './device-requests.ts';
import { bytesOf, ForgetfulDevice, releaseWrites, type UnflushedWrite } from './forgetful-device.ts';
import type { KeptPart } from './kept-part.ts';
import { keptWrites } from './kept-writes.ts';

type Reply<Name extends keyof DeviceRequests> = DeviceRequests[Name]['reply'];

export interface DeviceKeeperOptions {
  readonly store: PageStore;
  readonly sizeBytes: number;
  /** Names of devices begin so. */
  readonly namePrefix: string;
  readonly untearable: readonly number[];
  readonly clock: { monotonicMs(): number };
  readonly log?: OpLog;
}

/** What block writes are said to be on. */
export const devicePath = 'the block device';

const maxLossOps = 20_000;
const tracesPerNeedle = 16;
const maxNeedles = 64;
const maxImages = 10_000;

export class DeviceKeeper implements Devices {
  readonly #options: DeviceKeeperOptions;
  /** A file system as it was made, on which nothing was ever done. */
  #template: BlockDevice | undefined;
  #live: ForgetfulDevice | undefined;
  #liveName: string | undefined;
  /** Under their names: the template while it is made, and copies of images. */
  readonly #exposed = new Map<string, BlockDevice>();
  readonly #images = new Map<number, BlockDevice>();
  /** What the last cut dropped, for traces. */
  #dropped: readonly UnflushedWrite[] = [];
  #lastImage = 0;
  #lastName = 0;
  #ops = 0;
  #writes = 0;
  #cuts = 0;

  constructor(options: DeviceKeeperOptions) {
    this.#options = options;
  }

  device(name: string): ServedDevice | undefined {
    return name === this.#liveName ? this.#live : this.#exposed.get(name);
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    if (name !== this.#liveName) {
      this.#exposed.get(name)?.write(offset, bytes);
      return;
    }
    this.#writes++;
    const { number, timeMs } = this.#log('write', { offset, length: bytes.length });
    this.#disk.write(offset, bytes, { number, timeMs });
  }

  flush(name: string): void {
    if (name !== this.#liveName) return;
    this.#log('fsync');
    this.#disk.flush();
  }

  progress(): Progress {
    const hasUnsynced = (this.#live?.unflushed.length ?? 0) > 0;
    return { opNumber: this.#ops, mutations: this.#writes, hasUnsynced };
  }

  stats(): Reply<'stats'> {
    const { store } = this.#options;
    return {
      ops: this.#ops,
      barriers: this.#ops - this.#writes,
      cuts: this.#cuts,
      unsyncedBytes: this.#live?.unflushedBytes ?? 0,
      unsyncedFiles: this.progress().hasUnsynced ? 1 : 0,
      files: 1,
      pageBytes: store.usedBytes,
      residentBytes: store.residentBytes,
      spilledBytes: store.spilledBytes,
    };
  }

  create(): Reply<'create'> {
    const name = this.#freshName();
    this.#exposed.set(name, new BlockDevice(this.#options.store, this.#options.sizeBytes));
    return { file: name };
  }

  /** What was created last is the template. */
  finish(): void {
    const [entry] = this.#exposed;
    if (entry === undefined) throw new Refusal('there is no device that a file system was made on');
    this.#exposed.delete(entry[0]);
    this.#template = entry[1];
    this.wipe();
  }

  attach(): Reply<'attach'> {
    this.#liveName = this.#freshName();
    return { file: this.#liveName };
  }

  detach(): void {
    this.#liveName = undefined;
  }

  expose(image: number): Reply<'expose'> {
    const name = this.#freshName();
    this.#exposed.set(name, this.#image(image).fork());
    return { file: name };
  }

  conceal(name: string): void {
    this.#exposed.get(name)?.release();
    this.#exposed.delete(name);
  }

  cut(choice: Selection): Reply<'cut'> {
    const disk = this.#disk;
    const kept = keptWrites(disk.unflushed, choice, this.#options.untearable);
    const loss = this.#loss(disk.unflushed, kept);
    const image = disk.image(kept);
    const number = this.#keep(image);
    const isDropped = dropsOf(disk.unflushed, kept);
    const writes = disk.takeUnflushed();
    releaseWrites(this.#options.store, this.#dropped);
    releaseWrites(
      this.#options.store,
      writes.filter((_, index) => !isDropped(index)),
    );
    this.#dropped = writes.filter((_, index) => isDropped(index));
    disk.release();
    this.#live = new ForgetfulDevice(this.#options.store, image.fork());
    this.#cuts++;
    return { ...loss, image: number };
  }

  keepImage(): Reply<'keep-image'> {
    const disk = this.#disk;
    const loss = this.#loss(disk.unflushed, []);
    return { ...loss, image: this.#keep(disk.image([])), frozenMs: loss.timeMs, opNumber: this.#ops };
  }

  dropImage(number: number): void {
    this.#image(number).release();
    this.#images.delete(number);
  }

  wipe(): void {
    if (this.#template === undefined) throw new Refusal('the file system was not made yet');
    this.#live?.release();
    this.#live = new ForgetfulDevice(this.#options.store, this.#template.fork());
  }

  trace(needles: readonly string[]): readonly Trace[] {
    if (this.#cuts === 0) throw new Refusal('nothing to trace: nothing was cut yet');
    if (needles.length > maxNeedles) throw new Refusal(`at most ${maxNeedles} needles can be traced at once`);
    const left = new Map(
      needles.filter((needle) => needle !== '').map((needle) => [needle, tracesPerNeedle]),
    );
    const found: Trace[] = [];
    for (const write of this.#dropped) {
      const bytes = Buffer.from(bytesOf(this.#options.store, write).buffer);
      for (const [needle, room] of left) {
        const at = room > 0 ? bytes.indexOf(needle) : -1;
        if (at < 0) continue;
        found.push({ needle, path: devicePath, offset: write.offset + at, op: opOf(write) });
        left.set(needle, room - 1);
      }
    }
    return found;
  }

  get #disk(): ForgetfulDevice {
    if (this.#live === undefined) throw new Refusal('the file system was not made yet');
    return this.#live;
  }

  #loss(writes: readonly UnflushedWrite[], kept: readonly KeptPart[]): DeviceLoss {
    const isDropped = dropsOf(writes, kept);
    const dropped = writes.filter((_, index) => isDropped(index));
    const keptBytes = kept.reduce((sum, { start, end }) => sum + end - start, 0);
    const torn = [...new Set(kept.map(({ write }) => write))]
      .filter(isDropped)
      .map((index) => writes[index]!.number);
    return {
      timeMs: this.#options.clock.monotonicMs(),
      sizeBytes: writes.reduce((sum, { length }) => sum + length, 0) - keptBytes,
      ops: dropped.slice(-maxLossOps).map(opOf),
      opCount: dropped.length,
      ...(torn.length === 0 ? {} : { torn }),
    };
  }

  #keep(image: BlockDevice): number {
    if (this.#images.size >= maxImages) {
      image.release();
      throw new Refusal(`${maxImages} images are kept already: drop some`);
    }
    this.#images.set(++this.#lastImage, image);
    return this.#lastImage;
  }

  #image(number: number): BlockDevice {
    const image = this.#images.get(number);
    if (image === undefined) throw new Refusal(`there is no image ${number}: it was dropped or never kept`);
    return image;
  }

  #freshName(): string {
    return `${this.#options.namePrefix}.${++this.#lastName}`;
  }

  #log(kind: 'write' | 'fsync', range: { offset?: number; length?: number } = {}): Op {
    const op: Op = {
      number: ++this.#ops,
      kind,
      timeMs: this.#options.clock.monotonicMs(),
      pid: 0,
      ino: 0,
      path: devicePath,
      ...range,
    };
    this.#options.log?.add(op, undefined);
    return op;
  }
}

/** Whether anything of a write is missing, by its place. */
function dropsOf(writes: readonly UnflushedWrite[], kept: readonly KeptPart[]): (index: number) => boolean {
  const keptBytes = new Map<number, number>();
  for (const { write, start, end } of kept) keptBytes.set(write, (keptBytes.get(write) ?? 0) + end - start);
  return (index) => (keptBytes.get(index) ?? 0) < writes[index]!.length;
}

function opOf({ number, timeMs, offset, length }: UnflushedWrite): Op {
  return { number, kind: 'write', timeMs, pid: 0, ino: 0, path: devicePath, offset, length };
}
