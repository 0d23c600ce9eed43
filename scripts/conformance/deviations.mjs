// Where the disk differs from the host on purpose or by FUSE's nature; docs/conformance.md tells more.
export const deviations = [];
