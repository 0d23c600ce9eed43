/**
 * The block devices of the judge: templates that mkfs has written, devices whose log is kept, and devices that hold one crash
 * image each. It answers commands; it mounts nothing and knows no file system.
 */
import { createHash } from 'node:crypto';
import { PageStore } from '../disk/page-store.ts';
import { BlockDevice } from '../device/block-device.ts';
import { BlockLog, type Epoch } from './block-log.ts';
import { powerCuts, type CutLimits, type PowerCut } from './power-cuts.ts';

/** What a bench may hold; the pages of all devices together. */
const memoryLimitBytes = 4 * 1024 ** 3;

export type BenchCommand =
  /** An empty device; an earlier one of that name is emptied. */
  | { readonly do: 'create'; readonly device: string; readonly sizeBytes: number }
  /** `device` becomes a copy of `from`. */
  | { readonly do: 'copy'; readonly device: string; readonly from: string }
  /** From now on what reaches the device is logged. */
  | { readonly do: 'record'; readonly device: string }
  | { readonly do: 'acknowledge'; readonly device: string; readonly count: number }
  /** Ends the log and chooses the cuts to look at. Answers `cuts`. */
  | { readonly do: 'cuts'; readonly device: string; readonly limits: CutLimits }
  /** `device` becomes what a cut of `of`'s log leaves, by its place in `cuts`. */
  | { readonly do: 'image'; readonly device: string; readonly of: string; readonly cut: number };

/** Cuts with equal bytes are one image. */
export interface ChosenImage {
  readonly cut: number;
  /** How many ops may have been acknowledged when the power went, from-to: one for each epoch that leaves this image. */
  readonly instants: readonly (readonly [from: number, to: number])[];
}

export interface BenchAnswer {
  readonly images?: readonly ChosenImage[];
  readonly writes?: number;
  readonly flushes?: number;
}

interface Recording {
  readonly base: BlockDevice;
  readonly log: BlockLog;
  /** Known once the log has ended: the state that each epoch begins with. */
  bases: readonly BlockDevice[];
  epochs: readonly Epoch[];
  cuts: readonly PowerCut[];
  ended: boolean;
}

export class DeviceBench {
  readonly #store = new PageStore(memoryLimitBytes);
  readonly #devices = new Map<string, BlockDevice>();
  readonly #recordings = new Map<string, Recording>();

  get usedBytes(): number {
    return this.#store.usedBytes;
  }

  device(name: string): BlockDevice | undefined {
    return this.#devices.get(name);
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    this.#need(name).write(offset, bytes);
    const recording = this.#recordings.get(name);
    if (recording !== undefined && !recording.ended) recording.log.write(offset, bytes);
  }

  flush(name: string): void {
    this.#recordings.get(name)?.log.flush();
  }

  /** No answer to an acknowledgement: it comes from elsewhere, and nobody waits for one. */
  command(command: BenchCommand): BenchAnswer | undefined {
    switch (command.do) {
      case 'create':
        this.#replace(command.device, new BlockDevice(this.#store, command.sizeBytes));
        return {};
      case 'copy':
        this.#replace(command.device, this.#need(command.from).fork());
        return {};
      case 'record':
        this.#endRecording(command.device);
        this.#recordings.set(command.device, {
          base: this.#need(command.device).fork(),
          log: new BlockLog(),
          bases: [],
          epochs: [],
          cuts: [],
          ended: false,
        });
        return {};
      case 'acknowledge':
        this.#recording(command.device).log.acknowledge(command.count);
        return undefined;
      case 'cuts':
        return this.#cuts(this.#recording(command.device), command.limits);
      case 'image':
        this.#replace(command.device, imageOf(this.#recording(command.of), command.cut));
        return {};
    }
  }

  #cuts(recording: Recording, limits: CutLimits): BenchAnswer {
    recording.ended = true;
    recording.epochs = recording.log.epochs();
    recording.bases = basesOf(recording);
    recording.cuts = [...powerCuts(recording.epochs, limits)];
    const writes = recording.epochs.reduce((sum, epoch) => sum + epoch.writes.length, 0);
    return { images: distinct(recording), writes, flushes: recording.epochs.length - 1 };
  }

  #replace(name: string, device: BlockDevice): void {
    const old = this.#devices.get(name);
    if (old !== undefined && old.sizeBytes !== device.sizeBytes) {
      throw new Error(`${name} has ${old.sizeBytes} bytes and cannot become a device of ${device.sizeBytes}`);
    }
    old?.release();
    this.#endRecording(name);
    this.#devices.set(name, device);
  }

  #endRecording(name: string): void {
    const recording = this.#recordings.get(name);
    if (recording === undefined) return;
    recording.base.release();
    for (const base of recording.bases) base.release();
    this.#recordings.delete(name);
  }

  #need(name: string): BlockDevice {
    const device = this.#devices.get(name);
    if (device === undefined) throw new Error(`there is no device ${name}`);
    return device;
  }

  #recording(name: string): Recording {
    const recording = this.#recordings.get(name);
    if (recording === undefined) throw new Error(`the device ${name} is not being recorded`);
    return recording;
  }
}

function basesOf({ base, epochs }: Recording): BlockDevice[] {
  const bases: BlockDevice[] = [];
  let state = base.fork();
  for (const { writes } of epochs) {
    bases.push(state);
    state = state.fork();
    for (const { offset, bytes } of writes) state.write(offset, bytes);
  }
  state.release();
  return bases;
}

function imageOf({ bases, epochs, cuts }: Recording, index: number): BlockDevice {
  const cut = cuts[index];
  if (cut === undefined) throw new Error(`there is no cut ${index}`);
  const image = bases[cut.epoch]!.fork();
  const { writes } = epochs[cut.epoch]!;
  for (const { write, start, end } of cut.kept) {
    const { offset, bytes } = writes[write]!;
    image.write(offset + start, bytes.subarray(start, end));
  }
  return image;
}

/** Keeps the order of the cuts: those that tell most come first.  */
function distinct(recording: Recording): ChosenImage[] {
  const touched = new Set<number>();
  const page = Buffer.alloc(4096);
  for (const { writes } of recording.epochs) {
    for (const { offset, bytes } of writes) {
      for (let at = offset - (offset % page.length); at < offset + bytes.length; at += page.length)
        touched.add(at);
    }
  }
  const images = new Map<string, { cut: number; instants: Map<number, [from: number, to: number]> }>();
  for (const [cut, { epoch, acknowledgedFrom, acknowledgedTo }] of recording.cuts.entries()) {
    const image = imageOf(recording, cut);
    const hash = createHash('sha1');
    for (const at of touched) {
      image.read(at, page, 0, page.length);
      hash.update(page);
    }
    image.release();
    const key = hash.digest('hex');
    const { instants } = images.get(key) ?? { instants: new Map() };
    if (!images.has(key)) images.set(key, { cut, instants });
    // Within an epoch an image stays possible from the first instant on.
    const earliest = Math.min(acknowledgedFrom, instants.get(epoch)?.[0] ?? acknowledgedFrom);
    instants.set(epoch, [earliest, acknowledgedTo]);
  }
  return [...images.values()].map(({ cut, instants }) => ({ cut, instants: [...instants.values()] }));
}
