/**
 * How a disk is mounted, in mount(8)'s words.
 *
 * `noatime`: a FUSE file system's access times are its server's business, the kernel does not touch them, and reads served
 * from the page cache would not be seen here anyway. So the disk behaves as one mounted with noatime, and says so; what
 * programs set by utimensat(2) is kept. `nodev`, `nosuid`: what programs under test leave behind gives nobody privileges.
 */
import { maxDataBytes } from '../fuse/codec/init.ts';
import { soleUser } from './sole-user.ts';

/**
 * `allow_other`: programs run as somebody else. In a user namespace with one user there is nobody else, and with the option
 * the kernel would keep that same user's processes outside of the namespace away.
 */
const others = soleUser() === undefined ? ['allow_other'] : [];

export const mountOptions: readonly string[] = [
  'rootmode=40000',
  'user_id=0',
  'group_id=0',
  ...others,
  'default_permissions',
  `max_read=${maxDataBytes}`,
  'noatime',
  'nodev',
  'nosuid',
];
