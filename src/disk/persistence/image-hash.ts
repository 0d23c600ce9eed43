/**
 * The hash of an image's tree, without building the tree: equal trees have equal hashes whatever led to them. It is a sum over
 * paths, so that images of one frame cost only the files and attributes in which they differ from the frame's newest.
 */
import { pageSizeBytes } from '../page-store.ts';
import { hashBytes, hashNumber, hashText, minus, mix, plus, zeroHash, type Hash } from './hash.ts';
import type { FileSpace, SizeOption } from './file-space.ts';
import type { FileHistory } from './file-history.ts';
import { rootIno, type History, type InodeHistory } from './history.ts';
import {
  attributePositionOf,
  cutsOf,
  nothingChosen,
  sizeOf,
  versionOf,
  type ImageChoice,
} from './image-choice.ts';
import { entriesIn } from './membership.ts';
import { pageContent, type PageVersion } from './page-content.ts';
import type { Frame } from './profile.ts';

interface FrameView {
  readonly newest: ImageChoice;
  /** By inode: the hashes of its paths. */
  readonly paths: ReadonlyMap<number, readonly Hash[]>;
  readonly inodes: Map<number, Hash>;
  sum: Hash;
}

export class ImageHasher {
  readonly #history: History;
  readonly #views = new WeakMap<Frame, FrameView>();
  /** Of the newest that a space has. */
  readonly #data = new WeakMap<FileSpace, Hash>();
  readonly #baseHashes = new Map<number, Hash>();
  /** By file, then page, then version: content that never changes. */
  readonly #pages = new Map<FileHistory, Map<string, Hash>>();

  constructor(history: History) {
    this.#history = history;
  }

  hash(choice: ImageChoice): Hash {
    const view = this.#view(choice.frame);
    if (choice.rest === 'oldest') return this.#sum(view, (ino) => this.#inodeHash(view, ino, choice));
    const changed = new Set<number>([...choice.files.keys()].map(({ ino }) => ino));
    if (choice.attributes.size > 0) this.#inodesOf(choice, changed);
    let sum = view.sum;
    for (const ino of changed) {
      const paths = view.paths.get(ino);
      if (paths === undefined) continue;
      const hash = this.#inodeHash(view, ino, choice);
      for (const path of paths) sum = plus(minus(sum, mix(path, view.inodes.get(ino)!)), mix(path, hash));
    }
    return sum;
  }

  /** Inodes that a name leads to in a frame. */
  visible(frame: Frame): Iterable<number> {
    return this.#view(frame).paths.keys();
  }

  space(frame: Frame, file: FileHistory): FileSpace {
    return frame.file(file);
  }

  #inodesOf({ attributes }: ImageChoice, into: Set<number>): void {
    for (const { ino, mode, xattrs } of this.#history.inodes.values()) {
      if (attributes.has(mode) || [...xattrs.values()].some((chain) => attributes.has(chain))) into.add(ino);
    }
  }

  #view(frame: Frame): FrameView {
    const known = this.#views.get(frame);
    if (known !== undefined) return known;
    const newest: ImageChoice = { frame, rest: 'newest', ...nothingChosen };
    const paths = this.#paths(frame);
    const view: FrameView = {
      newest,
      paths,
      inodes: new Map(),
      sum: zeroHash,
    };
    this.#views.set(frame, view);
    view.sum = this.#sum(view, (ino) => {
      const hash = this.#inodeHash(view, ino, newest);
      view.inodes.set(ino, hash);
      return hash;
    });
    return view;
  }

  #paths(frame: Frame): ReadonlyMap<number, readonly Hash[]> {
    const paths = new Map<number, Hash[]>();
    const visit = (ino: number, path: Hash) => {
      const known = paths.get(ino);
      if (known !== undefined) {
        known.push(path);
        return;
      }
      paths.set(ino, [path]);
      const inode = this.#history.inodes.get(ino);
      const entries =
        inode === undefined ? this.#history.log.base.inodes.get(ino)!.entries : entriesIn(frame, inode);
      for (const [name, child] of entries) visit(child, mix(path, hashText(name)));
    };
    visit(rootIno, hashNumber(0));
    return paths;
  }

  #sum(view: FrameView, hashOf: (ino: number) => Hash): Hash {
    let sum = zeroHash;
    for (const [ino, paths] of view.paths) {
      const hash = hashOf(ino);
      for (const path of paths) sum = plus(sum, mix(path, hash));
    }
    return sum;
  }

  #inodeHash(view: FrameView, ino: number, choice: ImageChoice): Hash {
    const inode = this.#history.inodes.get(ino);
    const hash = inode === undefined ? this.#baseHash(ino) : this.#changedHash(view, inode, choice);
    // Two names of one inode are not two files that look alike.
    return view.paths.get(ino)!.length > 1 ? mix(hash, hashNumber(ino)) : hash;
  }

  #changedHash(view: FrameView, inode: InodeHistory, choice: ImageChoice): Hash {
    const { ino, kind, target, mode, xattrs, baseXattrs, file } = inode;
    let hash = mix(
      hashText(`${kind} ${target}`),
      hashNumber(mode.at(attributePositionOf(choice, ino, mode))),
    );
    let sum = zeroHash;
    for (const [name, value] of baseXattrs) if (!xattrs.has(name)) sum = plus(sum, xattrHash(name, value));
    for (const [name, chain] of xattrs) {
      const value = chain.at(attributePositionOf(choice, ino, chain));
      if (value !== undefined) sum = plus(sum, xattrHash(name, value));
    }
    hash = mix(hash, sum);
    return file === undefined ? hash : mix(hash, this.#dataHash(view, file, choice));
  }

  #dataHash(view: FrameView, file: FileHistory, choice: ImageChoice): Hash {
    const space = this.space(choice.frame, file);
    const chosen = choice.files.get(file);
    if (choice.rest === 'oldest' || chosen?.size !== undefined || chosen?.cuts !== undefined) {
      return this.#allPages(space, choice);
    }
    let sum = this.#data.get(space);
    if (sum === undefined) this.#data.set(space, (sum = this.#allPages(space, view.newest)));
    if (chosen?.pages === undefined) return sum;
    const size = sizeOf(choice, space);
    const cuts = cutsOf(choice, space);
    for (const [page, version] of chosen.pages) {
      const newest = versionOf(view.newest, space, page, size);
      sum = minus(sum, this.#pageHash(file, page, newest, cuts, size));
      sum = plus(sum, this.#pageHash(file, page, version, cuts, size));
    }
    return sum;
  }

  #allPages(space: FileSpace, choice: ImageChoice): Hash {
    const { file } = space;
    const size = sizeOf(choice, space);
    const cuts = cutsOf(choice, space);
    let sum = hashNumber(size.size);
    for (const page of file.basePages.keys()) {
      if (!file.isChanged(page)) sum = plus(sum, this.#pageHash(file, page, 0, 0, size));
    }
    for (const page of file.changedPages()) {
      sum = plus(sum, this.#pageHash(file, page, versionOf(choice, space, page, size), cuts, size));
    }
    return sum;
  }

  #pageHash(file: FileHistory, page: number, version: PageVersion, cuts: number, { size }: SizeOption): Hash {
    const length = Math.min(pageSizeBytes, size - page * pageSizeBytes);
    if (length <= 0) return zeroHash;
    const isWhole = typeof version === 'number';
    const key = `${page} ${isWhole ? version : version.join()} ${lastCut(file, page, cuts)} ${length}`;
    let known = this.#pages.get(file);
    if (known === undefined) this.#pages.set(file, (known = new Map()));
    let hash = known.get(key);
    if (hash !== undefined) return hash;
    const content = pageContent(file, page, version, cuts);
    hash = content === undefined ? zeroHash : hashBytes(content, length);
    if (hash !== zeroHash) hash = mix(hash, hashNumber(page));
    known.set(key, hash);
    return hash;
  }

  #baseHash(ino: number): Hash {
    const known = this.#baseHashes.get(ino);
    if (known !== undefined) return known;
    // As an inode of which the log has nothing.
    const { kind, target, mode, xattrs, size, pages } = this.#history.log.base.inodes.get(ino)!;
    let sum = zeroHash;
    for (const [name, value] of xattrs) sum = plus(sum, xattrHash(name, value));
    let hash = mix(mix(hashText(`${kind} ${target}`), hashNumber(mode)), sum);
    if (kind === 'file') {
      let data = hashNumber(size);
      for (const [page, bytes] of pages) {
        const content = hashBytes(bytes, size - page * pageSizeBytes);
        if (content !== zeroHash) data = plus(data, mix(content, hashNumber(page)));
      }
      hash = mix(hash, data);
    }
    this.#baseHashes.set(ino, hash);
    return hash;
  }
}

function xattrHash(name: string, value: Uint8Array): Hash {
  return mix(hashText(name), plus(hashBytes(value), hashNumber(value.length)));
}

/** What the cuts mean for one page: content is the same between two of them. */
function lastCut(file: FileHistory, page: number, cuts: number): number {
  let last = 0;
  for (const index of file.pageEvents(page)) {
    const { op, isCut } = file.events[index]!;
    if (isCut && op <= cuts) last = op;
  }
  return last;
}
