/**
 * The file systems that judge: how each is made and mounted. Devices are as small as mkfs allows without changing what it
 * would make of a large one (4 KiB blocks on ext4, two metadata copies on btrfs), so that a copy of one costs little. The
 * commit interval is long: commits happen where a program asks for them, and not by chance.
 */
export type RealFileSystemName = 'ext4' | 'xfs' | 'btrfs';

export interface RealFileSystem {
  readonly name: RealFileSystemName;
  readonly sizeBytes: number;
  /** Without the device, which comes last. */
  readonly mkfs: readonly [program: string, ...options: string[]];
  readonly mkfsPackage: string;
  readonly mountOptions: string;
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
    mkfsPackage: 'e2fsprogs',
    mountOptions: 'commit=300,nodiscard',
    untearable: [0],
  },
  {
    name: 'xfs',
    sizeBytes: 300 * mebibyte,
    mkfs: ['mkfs.xfs', '-q', '-f', '-K'],
    mkfsPackage: 'xfsprogs',
    mountOptions: 'nodiscard',
    untearable: [],
  },
  {
    name: 'btrfs',
    sizeBytes: 128 * mebibyte,
    mkfs: ['mkfs.btrfs', '-q', '-f', '-K'],
    mkfsPackage: 'btrfs-progs',
    mountOptions: 'commit=300,nodiscard',
    untearable: [64 * 1024, 64 * mebibyte],
  },
];
