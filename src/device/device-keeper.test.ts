import { expect, test } from 'vitest';
import { PageStore } from '../disk/page-store.ts';
import { DeviceKeeper, devicePath } from './device-keeper.ts';

function keeper() {
  let timeMs = 0;
  const store = new PageStore(16 * 1024 * 1024);
  const devices = new DeviceKeeper({
    store,
    sizeBytes: 64 * 1024,
    namePrefix: 'run',
    untearable: [],
    clock: { monotonicMs: () => ++timeMs },
  });
  const made = devices.create().file;
  devices.write(made, 0, Buffer.from('made'));
  devices.finish();
  return { store, devices };
}

function read(devices: DeviceKeeper, name: string, offset: number, length: number): string {
  const bytes = Buffer.alloc(length);
  devices.device(name)?.read(offset, bytes, 0, length);
  return bytes.toString();
}

test('a disk begins with the file system as it was made, and does so again when it is wiped', () => {
  const { devices } = keeper();
  const { file } = devices.attach();
  expect(read(devices, file, 0, 4)).toBe('made');
  devices.write(file, 0, Buffer.from('used'));
  devices.flush(file);
  devices.detach();
  devices.wipe();
  expect(read(devices, devices.attach().file, 0, 4)).toBe('made');
});

test('a cut drops what was not flushed, and says which block writes those were', () => {
  const { devices } = keeper();
  const { file } = devices.attach();
  devices.write(file, 0, Buffer.from('flushed'));
  devices.flush(file);
  devices.write(file, 4096, Buffer.from('a needle in a write'));
  devices.detach();
  const loss = devices.cut('lose-all');
  expect(loss).toMatchObject({
    opCount: 1,
    sizeBytes: 19,
    image: 1,
    ops: [{ number: 3, kind: 'write', path: devicePath, offset: 4096, length: 19 }],
  });
  expect(devices.trace(['needle', 'hay'])).toMatchObject([
    { needle: 'needle', path: devicePath, offset: 4098, op: { number: 3 } },
  ]);
  const again = devices.attach().file;
  expect(read(devices, again, 0, 7) + read(devices, again, 4096, 1)).toBe('flushed\0');
});

test('a cut that keeps everything drops nothing, and none of it is found among what was dropped', () => {
  const { devices } = keeper();
  const { file } = devices.attach();
  devices.write(file, 0, Buffer.from('needle'));
  devices.detach();
  expect(devices.cut('keep-all')).toMatchObject({ opCount: 0, sizeBytes: 0, ops: [] });
  expect(devices.trace(['needle'])).toEqual([]);
  expect(read(devices, devices.attach().file, 0, 6)).toBe('needle');
});

test('a part of a write is dropped with the number of its op', () => {
  const { devices } = keeper();
  const { file } = devices.attach();
  devices.write(file, 0, Buffer.alloc(1024, 'x'));
  devices.detach();
  expect(devices.cut({ kind: 'torn', op: 1, sectors: [1] })).toMatchObject({
    opCount: 1,
    sizeBytes: 512,
    torn: [1],
  });
});

test('who still holds a device of before the last boot writes nowhere', () => {
  const { devices } = keeper();
  const old = devices.attach().file;
  devices.detach();
  devices.cut('lose-all');
  const { file } = devices.attach();
  expect(devices.device(old)).toBeUndefined();
  devices.write(old, 0, Buffer.from('late'));
  devices.flush(old);
  expect(read(devices, file, 0, 4)).toBe('made');
  expect(devices.stats().ops).toBe(0);
});

test('an image is looked at on a copy, and costs nothing when it is dropped', () => {
  const { store, devices } = keeper();
  const { file } = devices.attach();
  devices.write(file, 8192, Buffer.from('kept'));
  devices.flush(file);
  const usedBytes = store.usedBytes;
  const { image } = devices.keepImage();
  const copy = devices.expose(image).file;
  devices.write(copy, 8192, Buffer.from('else'));
  expect(read(devices, copy, 8192, 4)).toBe('else');
  expect(read(devices, file, 8192, 4)).toBe('kept');
  devices.conceal(copy);
  devices.dropImage(image);
  expect(store.usedBytes).toBe(usedBytes);
});
