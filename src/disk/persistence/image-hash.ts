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

/** What is looked up of a frame while its images are gone through. */
interface FrameView {
  readonly newest: ImageChoice;
  /** By inode: the hashes of its paths. */
  readonly paths: ReadonlyMap<number, readonly Hash[]>;
  /** Of the newest. */
  readonly sum: Hash;
}

export class ImageHasher {
  readonly #history: History;
  /** Only of the last frame: there can be very many. */
  #view: FrameView | undefined;
  readonly #baseHashes = new Map<number, Hash>();
  readonly #files = new Map<FileHistory, FileHasher>();
  readonly #names = new Map<string, Hash>();
  /** Without what it holds, where nothing of that changes. */
  readonly #fixedHashes = new Map<number, Hash>();
  /** By attribute: the inode. */
  #owners: ReadonlyMap<Chain<unknown>, number> | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  hash(choice: ImageChoice): Hash {
    const view = this.#viewOf(choice.frame);
    if (choice.rest === 'oldest') return this.#sum(view.paths, choice);
    const changed = new Set<number>([...choice.files.keys()].map(({ ino }) => ino));
    for (const chain of choice.attributes.keys()) changed.add(this.#ownerOf(chain));
    let sum = view.sum;
    for (const ino of changed) {
      const paths = view.paths.get(ino);
      if (paths === undefined) continue;
      const before = this.#inodeHash(ino, paths, view.newest);
      const after = this.#inodeHash(ino, paths, choice);
      for (const path of paths) sum = plus(minus(sum, mix(path, before)), mix(path, after));
    }
    return sum;
  }

  /** Inodes that a name leads to in a frame. */
  visible(frame: Frame): Iterable<number> {
    return this.#viewOf(frame).paths.keys();
  }

  #ownerOf(chain: Chain<unknown>): number {
    this.#owners ??= ownersOf(this.#history);
    return this.#owners.get(chain)!;
  }

  #viewOf(frame: Frame): FrameView {
    if (this.#view?.newest.frame === frame) return this.#view;
    const newest: ImageChoice = { frame, rest: 'newest', ...nothingChosen };
    const paths = this.#paths(frame);
    this.#view = { newest, paths, sum: this.#sum(paths, newest) };
    return this.#view;
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
      for (const [name, child] of entries) visit(child, mix(path, this.#nameHash(name)));
    };
    visit(rootIno, hashNumber(0));
    return paths;
  }

  #nameHash(name: string): Hash {
    let hash = this.#names.get(name);
    if (hash === undefined) this.#names.set(name, (hash = hashText(name)));
    return hash;
  }

  #sum(paths: FrameView['paths'], choice: ImageChoice): Hash {
    let sum = zeroHash;
    for (const [ino, each] of paths) {
      const hash = this.#inodeHash(ino, each, choice);
      for (const path of each) sum = plus(sum, mix(path, hash));
    }
    return sum;
  }

  #inodeHash(ino: number, paths: readonly Hash[], choice: ImageChoice): Hash {
    const inode = this.#history.inodes.get(ino);
    const hash = inode === undefined ? this.#baseHash(ino) : this.#changedHash(inode, choice);
    // Two names of one inode are not two files that look alike.
    return paths.length > 1 ? mix(hash, hashNumber(ino)) : hash;
  }

  #changedHash(inode: InodeHistory, choice: ImageChoice): Hash {
    const { ino, mode, xattrs, file } = inode;
    const isFixed = mode.versions.length === 0 && xattrs.size === 0;
    let hash = isFixed ? this.#fixedHashes.get(ino) : undefined;
    if (hash === undefined) {
      hash = attributesHash(inode, choice);
      if (isFixed) this.#fixedHashes.set(ino, hash);
    }
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

function attributesHash(inode: InodeHistory, choice: ImageChoice): Hash {
  const { ino, kind, target, mode, xattrs, baseXattrs } = inode;
  const fixed = mix(
    hashText(`${kind} ${target}`),
    hashNumber(mode.at(attributePositionOf(choice, ino, mode))),
  );
  let sum = zeroHash;
  for (const [name, value] of baseXattrs) if (!xattrs.has(name)) sum = plus(sum, xattrHash(name, value));
  for (const [name, chain] of xattrs) {
    const value = chain.at(attributePositionOf(choice, ino, chain));
    if (value !== undefined) sum = plus(sum, xattrHash(name, value));
  }
  return mix(fixed, sum);
}

function ownersOf({ inodes }: History): ReadonlyMap<Chain<unknown>, number> {
  const owners = new Map<Chain<unknown>, number>();
  for (const { ino, mode, xattrs } of inodes.values()) {
    owners.set(mode, ino);
    for (const chain of xattrs.values()) owners.set(chain, ino);
  }
  return owners;
}
