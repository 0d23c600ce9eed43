/**
 * `lazyfs`: the disk that LazyFS gives, as measured on its main branch: file data and size are volatile until fsync or
 * fdatasync; names (create, rename, link, unlink, mkdir …) and attributes are durable at once. A file that was created
 * and never synced is therefore there after a cut, and empty.
 */
import { lazyfs as persistence } from '../persistence/lazyfs.ts';
import type { Profile } from './profile.ts';

export const lazyfs: Profile = {
  name: 'lazyfs',
  about:
    "LazyFS's disk: file data and sizes are volatile until their fsync, names and attributes are durable at once",
  names: 'durable',
  attributes: 'durable',
  rules: {
    data: 'lazyfs: file data and size are durable only once fsync or fdatasync on that file has returned',
    name: 'lazyfs: names are durable at once',
    attributes: 'lazyfs: attributes are durable at once',
  },
  persistence,
};
