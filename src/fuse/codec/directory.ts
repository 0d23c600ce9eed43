/**
 * Directory entries (fuse_dirent, fuse_direntplus) packed into a reply, as many as the kernel asked for bytes. An entry is
 * written whole or not at all; the kernel comes back with the last `next` that it consumed.
 */
import type { Attributes } from './attributes.ts';
import { dirent, direntplus, entryOut } from './layout.ts';
import type { Reply } from './reply.ts';

/** Where READDIR's entries go. */
export interface DirectoryEntries {
  /** True when an entry may carry attributes, which makes the kernel remember the inode as LOOKUP does. */
  readonly withAttributes: boolean;
  /**
   * False when the entry does not fit any more: it and what follows is asked for again.
   * @param type the file type bits of the mode, shifted right by 12; 0 when unknown
   * @param next the offset that asks for the entry after this one
   */
  add(name: string, ino: number, type: number, next: number, attributes?: Attributes): boolean;
}

export class DirectoryReply implements DirectoryEntries {
  readonly withAttributes: boolean;
  readonly #reply: Reply;
  readonly #endLength: number;

  constructor(reply: Reply, sizeBytes: number, withAttributes: boolean) {
    this.#reply = reply;
    this.#endLength = Math.min(reply.length + sizeBytes, reply.bytes.length);
    this.withAttributes = withAttributes;
  }

  add(name: string, ino: number, type: number, next: number, attributes?: Attributes): boolean {
    const reply = this.#reply;
    const nameOffset = this.withAttributes ? direntplus.name : dirent.name;
    const recordBytes = (nameOffset + name.length + 7) & ~7;
    if (reply.length + recordBytes > this.#endLength) return false;
    if (this.withAttributes) {
      // Without attributes the node id stays 0, which tells the kernel to take the name only.
      if (attributes === undefined) reply.struct(entryOut.sizeBytes);
      else reply.entry(attributes);
    }
    const at = reply.struct(recordBytes - nameOffset + dirent.name);
    reply.put64(at + dirent.ino, ino);
    reply.put64(at + dirent.off, next);
    reply.put32(at + dirent.namelen, name.length);
    reply.put32(at + dirent.type, type);
    reply.bytes.write(name, at + dirent.name, 'latin1');
    return true;
  }
}
