// Logs of disks as programs leave them, for scripts/bench/images.mjs: seeded, so that two runs measure the same.
import { seededDraw } from '../../dist/disk/persistence/random.js';
import { treeInode } from '../../dist/disk/persistence/tree.js';

const rootIno = 1;
const pageBytes = 4096;
const payload = new Uint8Array(1 << 16).map((_, index) => index * 31 + (index >> 8) + 1);

/** By name: what makes a log of so many ops. */
export const logs = {
  /** A database: a write-ahead log that is appended to and synced, tables overwritten in place, segments made and removed. */
  database: (count) => new LogMaker(count).database(),
  /** A mail server: files made under one name, synced, renamed into another directory and removed. */
  mail: (count) => new LogMaker(count).mail(),
  /** A program that never syncs: files appended to, overwritten, renamed over one another. */
  careless: (count) => new LogMaker(count).careless(),
};

class LogMaker {
  #inodes = new Map([[rootIno, { ...treeInode(rootIno, 'directory', 0o755), entries: new Map() }]]);
  #ops = [];
  #draw = seededDraw(1);
  #count;
  #lastIno = rootIno;

  constructor(count) {
    this.#count = count;
  }

  database() {
    const data = this.#baseDirectory('data');
    const wal = this.#baseDirectory('wal');
    const tables = Array.from({ length: 8 }, (_, index) => this.#baseFile(data, `table-${index}`, 4000));
    let segment = this.#baseFile(wal, 'segment-0', 0);
    let size = 0;
    let segments = [{ ino: segment, name: 'segment-0' }];
    const dirty = new Set();
    while (this.#ops.length < this.#count) {
      const length = 100 + this.#draw(6000);
      this.#write(segment, size, length);
      size += length;
      if (this.#draw(3) > 0) this.#add({ kind: 'fdatasync', ino: segment });
      for (let pages = this.#draw(4); pages > 0; pages--) {
        const table = tables[this.#draw(tables.length)];
        this.#write(table, this.#draw(4000) * pageBytes, pageBytes);
        dirty.add(table);
      }
      if (this.#draw(500) === 0) {
        for (const table of dirty) this.#add({ kind: 'fsync', ino: table });
        dirty.clear();
      }
      if (size < 1 << 20) continue;
      const name = `segment-${segments.length}`;
      segment = this.#create(wal, name);
      this.#add({ kind: 'fsync', ino: segment });
      this.#add({ kind: 'fsync', ino: wal });
      segments.push({ ino: segment, name });
      size = 0;
      const old = segments.at(-4);
      if (old !== undefined) this.#unlink(wal, old);
    }
    return this.#log();
  }

  mail() {
    const temporary = this.#baseDirectory('tmp');
    const boxes = Array.from({ length: 20 }, (_, index) => this.#baseDirectory(`box-${index}`));
    const mails = [];
    for (let number = 0; this.#ops.length < this.#count; number++) {
      const from = { parent: temporary, name: `mail-${number}` };
      const ino = this.#create(temporary, from.name);
      this.#write(ino, 0, 500 + this.#draw(8000));
      this.#add({ kind: 'fsync', ino });
      this.#add({ kind: 'close', ino });
      const to = { parent: boxes[this.#draw(boxes.length)], name: from.name };
      this.#add({ kind: 'rename', ino, from, to });
      if (this.#draw(10) === 0) this.#add({ kind: 'fsync', ino: to.parent });
      mails.push({ ino, ...to });
      if (this.#draw(2) === 0) {
        const [gone] = mails.splice(this.#draw(mails.length), 1);
        this.#unlink(gone.parent, gone);
      }
    }
    return this.#log();
  }

  careless() {
    const directory = this.#baseDirectory('work');
    const files = Array.from({ length: 10 }, (_, index) => ({
      name: `file-${index}`,
      ino: this.#baseFile(directory, `file-${index}`, 100),
      size: 100 * pageBytes,
    }));
    for (let number = 0; this.#ops.length < this.#count; number++) {
      const file = files[this.#draw(files.length)];
      const what = this.#draw(100);
      if (what < 70) {
        const length = 1 + this.#draw(9000);
        this.#write(file.ino, file.size, length);
        file.size += length;
      } else if (what < 97) {
        this.#write(file.ino, this.#draw(file.size), 1 + this.#draw(9000));
      } else if (what === 97) {
        file.size = this.#draw(file.size + 1);
        this.#add({ kind: 'truncate', ino: file.ino, size: file.size });
      } else {
        const from = { parent: directory, name: `new-${number}` };
        const ino = this.#create(directory, from.name);
        this.#write(ino, 0, 5000);
        const to = { parent: directory, name: file.name };
        this.#add({ kind: 'rename', ino, from, to, replaced: file.ino });
        Object.assign(file, { ino, size: 5000 });
      }
    }
    return this.#log();
  }

  #baseDirectory(name) {
    const ino = ++this.#lastIno;
    this.#inodes.set(ino, { ...treeInode(ino, 'directory', 0o755), entries: new Map() });
    this.#inodes.get(rootIno).entries.set(name, ino);
    return ino;
  }

  #baseFile(parent, name, pageCount) {
    const ino = ++this.#lastIno;
    const page = payload.subarray(0, pageBytes);
    const pages = new Map(Array.from({ length: pageCount }, (_, index) => [index, page]));
    this.#inodes.set(ino, { ...treeInode(ino, 'file', 0o644), size: pageCount * pageBytes, pages });
    this.#inodes.get(parent).entries.set(name, ino);
    return ino;
  }

  #create(parent, name) {
    const ino = ++this.#lastIno;
    this.#add({ kind: 'create', ino, inodeKind: 'file', mode: 0o644, place: { parent, name } });
    return ino;
  }

  #unlink(parent, { ino, name }) {
    this.#add({ kind: 'unlink', ino, place: { parent, name } });
  }

  #write(ino, offset, length) {
    const from = this.#draw(payload.length - length);
    this.#add({ kind: 'write', ino, offset, data: payload.subarray(from, from + length) });
  }

  #add(op) {
    this.#ops.push(op);
  }

  #log() {
    return { base: { inodes: this.#inodes }, ops: this.#ops.slice(0, this.#count) };
  }
}
