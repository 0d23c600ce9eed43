/**
 * `strict`: only what fsync(2) promises, by POSIX and the Linux manual page, and nothing that any one file system adds.
 *
 * - Data and size of a file are durable once fsync, fdatasync, msync(MS_SYNC) or an O_SYNC/O_DSYNC write on it returned.
 * - fdatasync leaves attributes behind (fsync(2): "does not flush modified metadata unless that metadata is needed").
 * - A name (create, link, unlink, rename, mkdir …) is durable once fsync on its directory returned: "calling fsync() does not
 *   necessarily ensure that the entry in the directory containing the file has also reached disk" (fsync(2), NOTES). So
 *   a synced file in a directory that was not synced is lost, and one that was unlinked may come back.
 * - A synced name of a file that was not synced is there and empty.
 * - rename(2) is atomic: the old name or the new one; across directories perhaps both; never neither. So fsync of the
 *   directory that a name left makes its new name durable too. A directory never has two names.
 */
import { strict as persistence } from '../persistence/strict.ts';
import type { Profile } from './profile.ts';

export const strict: Profile = {
  name: 'strict',
  about: 'only what fsync(2) promises: data, sizes, attributes and names are volatile until their own fsync',
  names: 'volatile',
  attributes: 'volatile',
  rules: {
    data: 'strict: file data and size are durable only once fsync, fdatasync, msync or an O_SYNC write on that file has returned (fsync(2))',
    name: 'strict: a directory entry is durable only once fsync on its directory has returned (fsync(2), NOTES)',
    attributes:
      'strict: mode, owner, times and xattrs are durable only once fsync on that inode has returned (fsync(2))',
  },
  persistence,
};
