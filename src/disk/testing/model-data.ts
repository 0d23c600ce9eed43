/** The naive disk: ops on the bytes of files, each on whole copies. They return what the system call does. */
import { EINVAL, EISDIR, EOPNOTSUPP } from '../errno.ts';
import { pageBytes, type Dirt, type Entry, type Model, type Node } from './model.ts';

export function write(model: Model, ino: number, offset: number, bytes: Uint8Array, now: number): number {
  // Writing nothing is nothing, wherever.
  if (bytes.length === 0 && model.volatile.get(ino)!.kind === 'file') return 0;
  return changeData(model, ino, now, (node, dirt) => {
    resize(node, Math.max(node.data.length, offset + bytes.length));
    node.data.set(bytes, offset);
    const offsets = upTo(bytes.length).map((index) => offset + index);
    const pages = new Set(offsets.map((at) => Math.floor(at / pageBytes)));
    node.allocated = new Set([...node.allocated, ...pages]);
    dirt.written = new Set([...dirt.written, ...offsets]);
    dirt.pages = new Set([...dirt.pages, ...pages]);
    return bytes.length;
  });
}

export function truncate(model: Model, ino: number, size: number, now: number): number {
  return changeData(model, ino, now, (node, dirt) => {
    const end = Math.ceil(node.data.length / pageBytes) * pageBytes;
    if (size < node.data.length) zero(node, dirt, size, end);
    resize(node, size);
    return 0;
  });
}

/** fallocate(2): 0 grows, 1 (KEEP_SIZE) does nothing, 3 (PUNCH_HOLE) and 16, 17 (ZERO_RANGE) zero. */
export function allocate(
  model: Model,
  ino: number,
  mode: number,
  offset: number,
  length: number,
  now: number,
): number {
  const { kind } = model.volatile.get(ino)!;
  if (kind !== 'file') return kind === 'directory' ? EISDIR : EINVAL;
  if (length <= 0) return EINVAL;
  if (mode === 2) return EOPNOTSUPP;
  return changeData(model, ino, now, (node, dirt) => {
    if (mode === 3 || mode >= 16) zero(node, dirt, offset, offset + length);
    if (mode === 0 || mode === 16) resize(node, Math.max(node.data.length, offset + length));
    return 0;
  });
}

function changeData(
  model: Model,
  ino: number,
  now: number,
  change: (node: Node<Entry>, dirt: { -readonly [Key in keyof Dirt]: Dirt[Key] }) => number,
): number {
  const node = model.volatile.get(ino)!;
  if (node.kind !== 'file') return node.kind === 'directory' ? EISDIR : EINVAL;
  const dirt = { ...model.dirtOf(ino) };
  node.data = node.data.slice();
  const result = change(node, dirt);
  model.dirt.set(ino, dirt);
  Object.assign(node, { mtime: now, ctime: now });
  return result;
}

function resize(node: Node<Entry>, size: number): void {
  const data = new Uint8Array(size);
  data.set(node.data.subarray(0, size));
  node.data = data;
}

/** Zeros bytes [from, to), page by page; pages zeroed whole become holes. Holes stay as they are. */
function zero(
  node: Node<Entry>,
  dirt: { written: ReadonlySet<number>; pages: ReadonlySet<number> },
  from: number,
  to: number,
): void {
  node.data.fill(0, Math.min(from, node.data.length), Math.min(to, node.data.length));
  dirt.written = new Set([...dirt.written].filter((at) => at < from || at >= to));
  for (const page of node.allocated) {
    const [start, end] = [page * pageBytes, (page + 1) * pageBytes];
    if (end <= from || start >= to) continue;
    dirt.pages = new Set([...dirt.pages, page]);
    if (from <= start && to >= end)
      node.allocated = new Set([...node.allocated].filter((each) => each !== page));
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
