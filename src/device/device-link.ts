/** The main thread's side of the thread that serves the devices. */
import { compiledFile } from '../mount/start-disk.ts';
import { ThreadLink, type ThreadStart } from '../mount/thread-link.ts';
import type { DeviceRequests, DeviceStart, DeviceTold } from './device-requests.ts';
import type { FileSystemDiskOptions } from './file-system-disk.ts';

export class DeviceLink extends ThreadLink<DeviceRequests, DeviceTold> {
  /** `wake` makes a thread that blocks in the session read its messages. Rejects when the devices cannot be made. */
  static start(
    options: FileSystemDiskOptions,
    wake: () => void,
    onWarning: (sentence: string) => void,
  ): Promise<DeviceLink> {
    const start: Omit<DeviceStart, keyof ThreadStart> = { options };
    const onTold = ({ warning }: DeviceTold) => {
      onWarning(warning);
    };
    const file = compiledFile(import.meta.url, 'device-worker.js');
    return new DeviceLink({ file, start, wake, onTold }).ready();
  }
}
