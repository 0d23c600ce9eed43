/** What the main thread of a file system's process asks of the thread that serves its devices, and how answers come back. */
import type { DiskRequests, FreezeTrigger, Frozen, Loss, Selection, Trace } from '../mount/control.ts';
import type { ThreadStart } from '../mount/thread-link.ts';
import type { FileSystemDiskOptions } from './file-system-disk.ts';

export interface DeviceRequests {
  stats: { params: object; reply: Omit<DiskRequests['stats']['reply'], 'mounted' | 'rssBytes' | 'profile'> };
  freeze: { params: { readonly trigger: FreezeTrigger }; reply: Frozen };
  'freeze-soon': { params: object; reply: object };
  'freeze-overdue': { params: object; reply: object };
  thaw: { params: object; reply: object };
  fail: { params: object; reply: object };
  /** Nobody uses a device any more: whatever was held or failed, the next one is served. */
  open: { params: object; reply: object };
  /** Answers when the mount has ended. */
  serve: { params: { readonly descriptor: number }; reply: object };
  /** An empty device to make the file system on; with `finish` it is what every new disk begins with. */
  create: { params: object; reply: DeviceFile };
  finish: { params: object; reply: object };
  /** The disk under a new name: what still asks for it by an older one gets errors. */
  attach: { params: object; reply: DeviceFile };
  detach: { params: object; reply: object };
  /** A copy of an image, under a name of its own, until `conceal`. */
  expose: { params: { readonly image: number }; reply: DeviceFile };
  conceal: { params: DeviceFile; reply: object };
  cut: { params: { readonly choice: Selection }; reply: DeviceLoss & { readonly image: number } };
  'keep-image': { params: object; reply: DeviceLoss & { readonly image: number } & Frozen };
  'drop-image': { params: { readonly image: number }; reply: object };
  wipe: { params: object; reply: object };
  trace: { params: { readonly needles: readonly string[] }; reply: readonly Trace[] };
  'flush-log': { params: object; reply: object };
}

/** By its name in the directory of devices. */
export interface DeviceFile {
  readonly file: string;
}

/** A loss of block writes; what of the files it took is not the device's to know. */
export type DeviceLoss = Omit<Loss, 'rules' | 'files' | 'processes'>;

/** A sentence for people, that nobody asked for. */
export interface DeviceTold {
  readonly warning: string;
}

export interface DeviceStart extends ThreadStart {
  readonly options: FileSystemDiskOptions;
}
