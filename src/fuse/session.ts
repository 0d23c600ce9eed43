/**
 * The session loop: reads requests from /dev/fuse with blocking reads, hands them to a file system, writes replies. It
 * knows nothing of crashes: a gate decides whether requests are served, held or failed. Run it on a thread of its own,
 * which never touches the mount itself: it would wait for its own answer.
 */
import { readSync, writeSync } from 'node:fs';
import { requestBufferBytes, type WriteMode } from './codec/init.ts';
import type { Reply } from './codec/reply.ts';
import { Request } from './codec/request.ts';
import { Conversation } from './conversation.ts';
import type { OnError } from './dispatch.ts';
import type { FileSystem } from './filesystem.ts';
import type { Gate } from './gate.ts';

export type { Gate } from './gate.ts';
export type { WriteMode } from './codec/init.ts';

export interface ServeOptions {
  /** Default `through`: each write is seen when it is made. */
  readonly writes?: WriteMode;
  /** While others are held, reads are answered: for who looks at what is held. @default false */
  readonly readsWhileHeld?: boolean;
  /** Hears of faults in the file system (answered EIO) and in the conversation with the kernel. */
  readonly onError?: OnError;
}

/**
 * Serves a mount on an open /dev/fuse descriptor; returns when it was unmounted. Throws only when the descriptor cannot
 * be read at all.
 */
export function serve(fd: number, fileSystem: FileSystem, gate: Gate, options: ServeOptions = {}): void {
  const { writes = 'through', readsWhileHeld = false, onError = () => undefined } = options;
  const send = (reply: Reply): void => {
    sendReply(fd, reply, onError);
  };
  const conversation = new Conversation({ fileSystem, gate, writes, readsWhileHeld, onError, send });
  // One buffer for all requests: a WRITE's data is copied once by the kernel into it, and once into the disk's pages.
  const request = new Request(requestBufferBytes);
  while (receive(fd, request)) conversation.receive(request);
}

/** Waits for the next request. False when there will be none. */
function receive(fd: number, request: Request): boolean {
  for (;;) {
    try {
      request.length = readSync(fd, request.bytes, 0, request.bytes.length, null);
      return request.length > 0;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Unmounted, or aborted through fusectl or umount --force.
      if (code === 'ENODEV' || code === 'ECONNABORTED') return false;
      // ENOENT: the request was withdrawn while it was being read.
      if (code !== 'ENOENT' && code !== 'EINTR' && code !== 'EAGAIN') throw error;
    }
  }
}

function sendReply(fd: number, reply: Reply, onError: OnError): void {
  try {
    writeSync(fd, reply.bytes, 0, reply.length, null);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // ENOENT: nobody waits for this answer any more. ENODEV: the next read ends the session.
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'ECONNABORTED') onError(error, 'sending a reply');
  }
}
