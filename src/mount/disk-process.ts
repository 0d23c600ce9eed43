/** The disk process (service-process.ts): serves one disk that forgets through FUSE. */
import type { DiskOptions } from './control.ts';
import { DiskService } from './disk-service.ts';
import { MountHelper } from './mount-helper.ts';
import { mountOptions } from './mount-options.ts';
import { sourcePrefix } from './mount-table.ts';
import { serveAsProcess, warn, type Service } from './service-process.ts';
import { WorkerLink } from './worker-link.ts';

await serveAsProcess<DiskOptions>((options, socketPath) => {
  const helper = new MountHelper(options.mountPoint, sourcePrefix + socketPath, mountOptions);
  return {
    prepare: () => helper.prepare(),
    makeService: () => makeService(options, helper),
    release: () => helper.forceUnmount(),
    dismiss: (patienceMs) => helper.end(patienceMs),
  };
});

async function makeService(options: DiskOptions, helper: MountHelper): Promise<Service> {
  const served: { service?: DiskService } = {};
  const worker = await WorkerLink.start(options, () => served.service?.wake(), warn);
  const service = new DiskService(options, helper, worker);
  served.service = service;
  return {
    handle: (request) => service.handle(request),
    flushLog: () => service.flushLog(),
    end: (patienceMs) => service.end(patienceMs),
    failed: worker.failed,
  };
}
