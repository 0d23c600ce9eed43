/** SETATTR's arguments: which attributes shall change, and to what. */
import type { Timestamp } from './attributes.ts';
import { setattrValid } from './flags.ts';
import { setattrIn } from './layout.ts';
import type { Request } from './request.ts';

export interface AttributeChanges {
  /** Permission bits only. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Timestamp | 'now';
  readonly mtime?: Timestamp | 'now';
  readonly ctime?: Timestamp;
  /** Whoever truncates may not keep set-user-ID and set-group-ID bits. */
  readonly killPrivileges?: boolean;
}

export function attributeChanges(request: Request): AttributeChanges {
  const valid = request.u32(setattrIn.valid);
  const has = (bit: number) => (valid & bit) !== 0;
  const time = (seconds: number, nanoseconds: number): Timestamp => ({
    seconds: request.i64(seconds),
    nanoseconds: request.u32(nanoseconds),
  });
  const { MODE, UID, GID, SIZE, ATIME, ATIME_NOW, MTIME, MTIME_NOW, CTIME, KILL_SUIDGID } = setattrValid;
  return {
    ...(has(MODE) && { mode: request.u32(setattrIn.mode) & 0o7777 }),
    ...(has(UID) && { uid: request.u32(setattrIn.uid) }),
    ...(has(GID) && { gid: request.u32(setattrIn.gid) }),
    ...(has(SIZE) && { size: request.u64(setattrIn.size) }),
    // The bits for "now" come together with those for the time itself.
    ...(has(ATIME) && { atime: has(ATIME_NOW) ? 'now' : time(setattrIn.atime, setattrIn.atimensec) }),
    ...(has(MTIME) && { mtime: has(MTIME_NOW) ? 'now' : time(setattrIn.mtime, setattrIn.mtimensec) }),
    ...(has(CTIME) && { ctime: time(setattrIn.ctime, setattrIn.ctimensec) }),
    ...(has(KILL_SUIDGID) && { killPrivileges: true }),
  };
}
