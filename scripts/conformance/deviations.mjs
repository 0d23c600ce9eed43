// Where the disk differs from the host on purpose or by FUSE's nature; docs/conformance.md tells more.
export const deviations = [
  // Run only where the table of file systems in pjdfstest's own tests/misc.sh says so; what it tests holds.
  { suite: 'pjdfstest', test: /^rename\/22\.t /, reason: 'pjdfstest does not know a file system named FUSE' },
];
