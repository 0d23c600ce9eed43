import { expect, test } from 'vitest';
import { whyNoNamespace } from './namespace-errors.ts';

test.each([
  [
    'unshare: unshare failed: Operation not permitted',
    1000,
    /^unshare failed: .*run powercut as root \(sudo\)$/,
  ],
  [
    'unshare: unshare failed: Operation not permitted\n',
    0,
    /container.*--cap-add SYS_ADMIN --device \/dev\/fuse/,
  ],
  ['unshare: unshare failed: No space left on device', 0, /sysctl user\.max_mnt_namespaces/],
  ['unshare: unshare failed: Invalid argument', 0, /kernel lacks/],
  ["unshare: unrecognized option '--kill-child'", 0, /newer; install the package util-linux/],
  ['mount: /dev/shm: mount failed: Permission denied.', 0, /container/],
  ['', 0, /^no reason was given \(powercut doctor/],
])('%j, said to user %i, becomes a sentence that says what to do', (text, uid, sentence) => {
  expect(whyNoNamespace(text, uid)).toMatch(sentence);
  expect(whyNoNamespace(text, uid)).not.toContain('\n');
});
