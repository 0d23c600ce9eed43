/** Requests by which the kernel hands over what its page cache kept back: nobody asked for them at this very moment. */
import { rootNodeId, setattrValid, writeFlags } from './flags.ts';
import { setattrIn, writeIn } from './layout.ts';
import { opcodes } from './opcodes.ts';
import type { Request } from './request.ts';

const { MTIME, CTIME, FH } = setattrValid;

/** WRITE of cached pages, and SETATTR of the times that were kept with them. */
export function isWriteBack(request: Request): boolean {
  switch (request.opcode) {
    case opcodes.WRITE:
      return (
        request.argumentBytes >= writeIn.sizeBytes &&
        (request.u32(writeIn.writeFlags) & writeFlags.CACHE) !== 0
      );
    case opcodes.SETATTR:
      return (
        request.argumentBytes >= setattrIn.sizeBytes &&
        (request.u32(setattrIn.valid) & ~FH) === (MTIME | CTIME)
      );
    default:
      return false;
  }
}

/** syncfs(2) wants a file of the mount, so who calls it opens the root first. That changes nothing, and shows nothing. */
export function opensRoot(request: Request): boolean {
  if (request.nodeId !== rootNodeId) return false;
  const { opcode } = request;
  return opcode === opcodes.GETATTR || opcode === opcodes.OPENDIR || opcode === opcodes.RELEASEDIR;
}
