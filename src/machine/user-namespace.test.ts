import { expect, test } from 'vitest';
import { ownRoot, userNamespaceObstacle } from './user-namespace.ts';

const kernel = (settings: Record<string, string>) => (file: string) =>
  Object.entries(settings).find(([name]) => file.endsWith(`/${name}`))?.[1];

test.each([
  ['max_user_namespaces', '0\n', /user\.max_user_namespaces=0.*sysctl -w user\.max_user_namespaces=10000/],
  ['unprivileged_userns_clone', '0\n', /sysctl -w kernel\.unprivileged_userns_clone=1/],
  [
    'apparmor_restrict_unprivileged_userns',
    '1\n',
    /sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0/,
  ],
])('%s=%s forbids user namespaces, and the sentence says how to allow them', (name, value, sentence) => {
  expect(userNamespaceObstacle(kernel({ [name]: value }), true)).toMatch(sentence);
});

test('a kernel that allows them, with every switch or with none', () => {
  const open = {
    max_user_namespaces: '96365\n',
    unprivileged_userns_clone: '1\n',
    apparmor_restrict_unprivileged_userns: '0\n',
  };
  expect(userNamespaceObstacle(kernel(open), true)).toBeUndefined();
  expect(userNamespaceObstacle(kernel({}), true)).toBeUndefined();
});

test('a kernel without them', () => {
  expect(userNamespaceObstacle(kernel({}), false)).toMatch(/CONFIG_USER_NS/);
});

test('root needs no user namespace', () => {
  expect(ownRoot(0)).toEqual([]);
  expect(ownRoot(1000)).toContain('--map-root-user');
});
