import { expect, test } from 'vitest';
import { whyNoNamespace } from './namespace-errors.ts';

const off = 'user namespaces are switched off';

test.each([
  [
    'unshare: unshare failed: Operation not permitted',
    1000,
    undefined,
    /container.*seccomp=unconfined.*root/,
  ],
  ['unshare: unshare failed: Operation not permitted', 1000, off, /switched off, or run powercut as root/],
  ['unshare: unshare failed: No space left on device', 1000, off, /switched off, or run powercut as root/],
  ['unshare: unshare failed: No space left on device', 1000, undefined, /limit of namespaces is reached/],
  ['unshare: write failed /proc/self/uid_map: Operation not permitted', 1000, off, /switched off/],
  ['unshare: mount /proc failed: Operation not permitted', 1000, undefined, /systempaths=unconfined/],
  [
    'unshare: unshare failed: Operation not permitted\n',
    0,
    off,
    /container.*--cap-add SYS_ADMIN --device \/dev\/fuse/,
  ],
  ['unshare: unshare failed: No space left on device', 0, undefined, /sysctl user\.max_mnt_namespaces/],
  ['unshare: unshare failed: Invalid argument', 0, undefined, /kernel lacks/],
  ["unshare: unrecognized option '--kill-child'", 0, undefined, /newer; install the package util-linux/],
  ['mount: /dev/shm: mount failed: Permission denied.', 0, undefined, /container/],
  ['', 0, undefined, /^no reason was given \(powercut doctor/],
])('%j, said to user %i where the kernel has %j, becomes a sentence', (text, uid, obstacle, sentence) => {
  const said = whyNoNamespace(text, uid, () => obstacle);
  expect(said).toMatch(sentence);
  expect(said).not.toContain('\n');
});
