/** Litmus programs and trees in the words of host.py: bytes are base64 there. */
import type { Statement } from '../litmus/program.ts';
import type { Node } from '../litmus/outcome.ts';

/** `nudge`: something that the kernel may do by itself at any time; chosen by its seed. */
export type HostStatement = Readonly<Record<string, unknown>> & { readonly op: string };

export interface HostNode {
  readonly path: string;
  readonly ino: number;
  readonly mode: number;
  readonly xattrs: Readonly<Record<string, string>>;
  readonly kind: 'directory' | 'file' | 'symlink';
  readonly contents?: string;
  readonly target?: string;
}

export function hostStatement(statement: Statement): HostStatement {
  const entries = Object.entries(statement).map(([key, value]): [string, unknown] => [
    key,
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  ]);
  return { ...Object.fromEntries(entries), op: statement.op };
}

export function nodeOf({ path, ino, mode, xattrs, kind, contents = '', target = '' }: HostNode): Node {
  const values = Object.entries(xattrs).map(([name, value]): [string, Uint8Array] => [
    name,
    Buffer.from(value, 'base64'),
  ]);
  const common = { path, ino, mode, xattrs: new Map(values) };
  if (kind === 'file') return { ...common, kind, contents: Buffer.from(contents, 'base64') };
  if (kind === 'symlink') return { ...common, kind, target };
  return { ...common, kind };
}
