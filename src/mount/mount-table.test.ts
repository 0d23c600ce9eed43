import { expect, test } from 'vitest';
import { controlSocketOf, escapeField, mountAt, mountTable } from './mount-table.ts';

const text = [
  '25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  '36 25 0:50 / /mnt/a\\040b rw,noatime shared:7 master:2 - fuse powercut:/run/x\\040y/control.sock rw,user_id=0',
  '37 36 0:51 / /mnt/a\\040b rw - tmpfs tmpfs rw',
  '38 25 0:52 / /mnt/ssh rw - fuse.sshfs host:/dir rw',
  '',
].join('\n');

test('reads mount point, type and source, with octal escapes undone', () => {
  expect(mountTable(text)[1]).toEqual({
    mountPoint: '/mnt/a b',
    type: 'fuse',
    source: 'powercut:/run/x y/control.sock',
    device: '0:50',
  });
});

test('of several mounts at one place the last is on top', () => {
  expect(mountAt('/mnt/a b', mountTable(text))?.type).toBe('tmpfs');
  expect(mountAt('/mnt', mountTable(text))).toBeUndefined();
});

test('only a powercut mount names a control socket', () => {
  const sockets = mountTable(text).map(controlSocketOf);
  expect(sockets).toEqual([undefined, '/run/x y/control.sock', undefined, undefined]);
});

test('escapes a path as the kernel does', () => {
  expect(escapeField('/a b\\c\td')).toBe('/a\\040b\\134c\\011d');
});

test('the real table of this process has a root', () => {
  expect(mountAt('/')).toBeDefined();
});
