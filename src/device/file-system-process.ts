/** The process of a disk with a real file system (mount/service-process.ts): serves its devices, and has the kernel mount them. */
import { join } from 'node:path';
import { MountHelper } from '../mount/mount-helper.ts';
import { mountOptions } from '../mount/mount-options.ts';
import { sourcePrefix } from '../mount/mount-table.ts';
import { serveAsProcess, warn } from '../mount/service-process.ts';
import { DeviceLink } from './device-link.ts';
import type { FileSystemDiskOptions } from './file-system-disk.ts';
import { FileSystemService } from './file-system-service.ts';
import { FileSystemShell } from './file-system-shell.ts';

await serveAsProcess<FileSystemDiskOptions>((options, socketPath) => {
  const { mountPoint, workDirectory } = options;
  const directories = {
    devices: join(workDirectory, 'devices'),
    live: join(workDirectory, 'live'),
    look: join(workDirectory, 'look'),
    seen: join(workDirectory, 'seen'),
  };
  const helper = new MountHelper(directories.devices, sourcePrefix + socketPath, mountOptions);
  let shell: FileSystemShell | undefined;
  return {
    prepare: () => {
      helper.prepare();
      shell = new FileSystemShell([mountPoint, directories.live, directories.look]);
    },
    makeService: async () => {
      if (shell === undefined) throw new Error('the shell that mounts was not started');
      const served: { service?: FileSystemService } = {};
      const worker = await DeviceLink.start(options, () => served.service?.wake(), warn);
      const service = new FileSystemService(options, directories, { helper, shell, worker });
      served.service = service;
      await service.format();
      return service;
    },
    release: () => helper.forceUnmount(),
    dismiss: async (patienceMs) => {
      await helper.end(patienceMs);
      await shell?.end(patienceMs);
    },
  };
});
