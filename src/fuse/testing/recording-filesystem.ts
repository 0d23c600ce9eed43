/** A file system that notes what it is asked and answers as told: for tests of what arrives, not of what is done with it. */
import type { Attributes, FileSystem } from '../filesystem.ts';

export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface Recording {
  readonly fileSystem: FileSystem;
  readonly calls: Call[];
}

/** Methods that do not just return 0. `open` is there only if it is answered. */
export type Answers = { readonly [Method in keyof FileSystem]?: FileSystem[Method] };

/** Callers and views are noted as copies, since they do not outlive the call. */
export function recordingFileSystem(answers: Answers = {}): Recording {
  const calls: Call[] = [];
  const fileSystem = new Proxy({} as FileSystem, {
    get: (_target, method: string) => {
      const answer = answers[method as keyof FileSystem] as ((...args: unknown[]) => unknown) | undefined;
      if (method === 'open' && answer === undefined) return undefined;
      return (...args: unknown[]): unknown => {
        calls.push({ method, args: args.map(kept) });
        return answer === undefined ? 0 : answer(...args);
      };
    },
  });
  return { fileSystem, calls };
}

function kept(arg: unknown): unknown {
  if (arg instanceof Uint8Array) return Uint8Array.from(arg);
  if (typeof arg === 'object' && arg !== null && 'pid' in arg && 'uid' in arg && 'gid' in arg) {
    return { pid: arg.pid, uid: arg.uid, gid: arg.gid };
  }
  return arg;
}

export const someAttributes: Attributes = {
  ino: 2 ** 40 + 7,
  size: 2 ** 33 + 1,
  blocks512: 24,
  atime: { seconds: -2, nanoseconds: 1 },
  mtime: { seconds: 2 ** 33, nanoseconds: 999_999_999 },
  ctime: { seconds: 1_700_000_000, nanoseconds: 3 },
  typeAndMode: 0o100644,
  nlink: 2,
  uid: 4_294_967_294,
  gid: 100,
  rdev: 0x0103,
};
