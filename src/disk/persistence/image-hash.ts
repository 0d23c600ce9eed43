/**
 * The hash of an image's tree, without building the tree: equal trees have equal hashes whatever led to them. It is a sum over
 * paths, so that images of one frame cost only the files and attributes in which they differ from the frame's newest.
 */
import type { Chain } from './chain.ts';
import { FileHasher, hashPage } from './file-hash.ts';
import { hashBytes, hashNumber, hashText, minus, mix, plus, zeroHash, type Hash } from './hash.ts';
import type { FileHistory } from './file-history.ts';
import { rootIno, type History, type InodeHistory } from './history.ts';
import { attributePositionOf, nothingChosen, type ImageChoice } from './image-choice.ts';
import { entriesIn } from './membership.ts';
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
  readonly #baseHashes = new Map<number, Hash>();
  readonly #files = new Map<FileHistory, FileHasher>();
  /** By attribute: the inode. */
  #owners: ReadonlyMap<Chain<unknown>, number> | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  hash(choice: ImageChoice): Hash {
    const view = this.#view(choice.frame);
    if (choice.rest === 'oldest') return this.#sum(view, (ino) => this.#inodeHash(view, ino, choice));
    const changed = new Set<number>([...choice.files.keys()].map(({ ino }) => ino));
    for (const chain of choice.attributes.keys()) changed.add(this.#ownerOf(chain));
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

  #ownerOf(chain: Chain<unknown>): number {
    this.#owners ??= ownersOf(this.#history);
    return this.#owners.get(chain)!;
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
    const hash = inode === undefined ? this.#baseHash(ino) : this.#changedHash(inode, choice);
    // Two names of one inode are not two files that look alike.
    return view.paths.get(ino)!.length > 1 ? mix(hash, hashNumber(ino)) : hash;
  }

  #changedHash(inode: InodeHistory, choice: ImageChoice): Hash {
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
    return file === undefined ? hash : mix(hash, this.#dataHash(file, choice));
  }

  #dataHash(file: FileHistory, choice: ImageChoice): Hash {
    let hasher = this.#files.get(file);
    if (hasher === undefined) this.#files.set(file, (hasher = new FileHasher(file)));
    return hasher.hash(choice);
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
      for (const [page, bytes] of pages) data = plus(data, hashPage(page, bytes, size));
      hash = mix(hash, data);
    }
    this.#baseHashes.set(ino, hash);
    return hash;
  }
}

function xattrHash(name: string, value: Uint8Array): Hash {
  return mix(hashText(name), plus(hashBytes(value), hashNumber(value.length)));
}

function ownersOf({ inodes }: History): ReadonlyMap<Chain<unknown>, number> {
  const owners = new Map<Chain<unknown>, number>();
  for (const { ino, mode, xattrs } of inodes.values()) {
    owners.set(mode, ino);
    for (const chain of xattrs.values()) owners.set(chain, ino);
  }
  return owners;
}
