/** A machine on a real disk, in a work directory as a run makes it. */
import { createMachine } from '../../../src/machine/create-machine.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { createWorkDirectory } from '../../../src/machine/work-directory.ts';
import type { WorkDirectory } from '../../../src/machine/work-directory.ts';
import type { DiskControl } from '../../../src/mount/control.ts';
import { startDisk } from '../../../src/mount/start-disk.ts';

export interface OnDisk {
  readonly machine: Machine;
  readonly disk: DiskControl;
  readonly work: WorkDirectory;
  close(): Promise<void>;
}

const nobody = { uid: 65534, gid: 65534 };

export async function machineOnDisk(): Promise<OnDisk> {
  const work = await createWorkDirectory(nobody);
  const disk = await startDisk({
    mountPoint: work.mountPoint,
    workDirectory: work.control,
    profile: 'strict',
    pins: [],
    owner: nobody,
  });
  const machine = createMachine({ disk, directory: work.mountPoint });
  const close = async (): Promise<void> => {
    await machine.close();
    await disk.close();
    await work.remove();
  };
  return { machine, disk, work, close };
}
