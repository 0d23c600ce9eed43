import { expect, test } from 'vitest';
import { soleUser } from './sole-user.ts';

const maps = (uids: string, gids = uids) => soleUser((file) => (file.includes('uid') ? uids : gids));

test('the user of a namespace that has no other', () => {
  expect(maps('         0       1000          1\n', '         0        100          1\n')).toEqual({
    uid: 1000,
    gid: 100,
  });
});

test('root who left its namespace becomes a user whom servers do not refuse', () => {
  expect(maps('0 0 1\n')).toEqual({ uid: 65534, gid: 65534 });
});

test.each([
  ['the whole computer', '         0          0 4294967295\n'],
  ['a container with many users', '0 1000 1\n1 100000 65536\n'],
  ['who is not root in it', '1000 0 1\n'],
  ['a kernel without user namespaces', ''],
])('nobody in particular: %s', (_, map) => {
  expect(maps(map)).toBeUndefined();
});
