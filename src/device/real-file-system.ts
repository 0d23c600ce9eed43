/**
 * The real file systems: how each is made, mounted and checked. Judges have devices as small as mkfs allows without changing
 * what it would make of a large one (4 KiB blocks on ext4, two metadata copies on btrfs), so that a copy of one costs little, and
 * a long commit interval: commits happen where a program asks for them, and not by chance. Under a target a file system is
 * mounted as its users mount it.
 */
export type RealFileSystemName = 'ext4' | 'xfs' | 'btrfs';

export interface RealFileSystem {
  readonly name: RealFileSystemName;
  /** Of a judge's device; none is made smaller. */
  readonly sizeBytes: number;
  /** Without the device, which comes last. */
  readonly mkfs: readonly [program: string, ...options: string[]];
  /** On a larger device, all of which reads as zeros: what mkfs need not write again. */
  readonly mkfsOnZeros: readonly [program: string, ...options: string[]];
  /** The Debian package of mkfs and of the check. */
  readonly mkfsPackage: string;
  /** A judge's. */
  readonly mountOptions: string;
  /** Under a target: the defaults, but for what a device of ours needs. */
  readonly usualMountOptions: string;
  /** Looks and changes nothing; the file comes last. */
  readonly check: readonly [program: string, ...options: string[]];
  /**
   * Offsets of blocks that the file system trusts the device to write as a whole: superblocks with one checksum over several
   * sectors, of which a mount reads the first copy alone, before any recovery. Torn, there is no mount at all, whatever else is
   * on the device (ext4: EBADMSG, btrfs: EINVAL; fsck helps itself with another copy).
   */
  readonly untearable: readonly number[];
}

const mebibyte = 1024 * 1024;

export const realFileSystems: readonly RealFileSystem[] = [
  {
    name: 'ext4',
    sizeBytes: 64 * mebibyte,
    mkfs: ['mkfs.ext4', '-q', '-F', '-b', '4096', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0'],
    mkfsOnZeros: [
      'mkfs.ext4',
      '-q',
      '-F',
      '-b',
      '4096',
      '-E',
      'nodiscard,lazy_itable_init=0,lazy_journal_init=1',
    ],
    mkfsPackage: 'e2fsprogs',
    mountOptions: 'commit=300,nodiscard',
    // Whatever mke2fs.conf says, an error must not become a panic of this computer's.
    usualMountOptions: 'noatime,nodiscard,errors=remount-ro',
    check: ['e2fsck', '-f', '-n'],
    untearable: [0],
  },
  {
    name: 'xfs',
    sizeBytes: 300 * mebibyte,
    mkfs: ['mkfs.xfs', '-q', '-f', '-K'],
    mkfsOnZeros: ['mkfs.xfs', '-q', '-f', '-K'],
    mkfsPackage: 'xfsprogs',
    mountOptions: 'nodiscard',
    // Copies of an image are looked at while the disk itself is mounted, and all have one UUID.
    usualMountOptions: 'noatime,nodiscard,nouuid',
    check: ['xfs_repair', '-n', '-f'],
    untearable: [],
  },
  {
    name: 'btrfs',
    sizeBytes: 128 * mebibyte,
    mkfs: ['mkfs.btrfs', '-q', '-f', '-K'],
    mkfsOnZeros: ['mkfs.btrfs', '-q', '-f', '-K'],
    mkfsPackage: 'btrfs-progs',
    mountOptions: 'commit=300,nodiscard',
    usualMountOptions: 'noatime,nodiscard',
    check: ['btrfs', 'check', '--readonly'],
    untearable: [64 * 1024, 64 * mebibyte],
  },
];

/** By its name; undefined where it is not one of them. */
export function realFileSystem(name: string): RealFileSystem | undefined {
  return realFileSystems.find((candidate) => candidate.name === name);
}
