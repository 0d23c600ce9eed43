/**
 * The box and its machines for an ordinary user (nobody, where /dev/fuse is open to users): the same guarantees as for root,
 * by a user namespace, and programs that have no rights over powercut's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  asNobody,
  reachableCheckout,
  reachableNode,
  withFuse,
  withoutUserNamespaces,
} from '../cli/support/machines.ts';
import { eventually, mountsWith, processesWith } from './support/host.ts';
import { launch as start, ready, scriptInCheckout } from './support/launched.ts';
import type { Launched } from './support/launched.ts';

let launched: Launched[];
beforeEach(() => {
  launched = [];
});
afterEach(async () => {
  for (const { child } of launched) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(launched.map(({ ended }) => ended));
});

const script = `${reachableCheckout}/${scriptInCheckout}`;
const open = withFuse('666');

function launch(mode: string, argument = '', computer: readonly string[] = open): Launched {
  const one = start(mode, { argument, script, through: [...computer, ...asNobody, reachableNode] });
  launched.push(one);
  return one;
}

async function runScript(text: string): Promise<Record<'uid' | 'map' | 'code' | 'stdout' | 'left', unknown>> {
  const one = launch('script', text);
  expect((await one.ended).code, one.stderr()).toBe(0);
  return JSON.parse(one.lines()[0]!) as Record<'uid' | 'map' | 'code' | 'stdout' | 'left', unknown>;
}

test('powercut is root of a namespace with one user, and programs are that user', async () => {
  const { uid, map, stdout } = await runScript(
    'id -u; id -g; touch file; stat -c %u:%g .; stat -c %u:%g file',
  );
  expect([uid, map]).toEqual([0, [0, 65534, 1]]);
  expect(stdout).toBe('65534\n65534\n65534:65534\n65534:65534\n');
});

test('programs have no capability, and no way to powercut or its mounts', async () => {
  const { stdout } = await runScript(
    [
      'grep -E "^(CapPrm|CapEff|NoNewPrivs)" /proc/self/status | tr "\\t" " "',
      'umount . 2>/dev/null || echo "no umount"',
      'kill -9 1; [ -d /proc/1 ] && echo "init lives"',
      'nsenter --target 1 --user true 2>/dev/null || echo "no way in"',
      'ls /proc | grep -cE "^[0-9]+$"',
    ].join('\n'),
  );
  const [permitted, effective, privileges, ...rest] = String(stdout).trim().split('\n');
  expect([permitted, effective]).toEqual(['CapPrm: 0000000000000000', 'CapEff: 0000000000000000']);
  expect(privileges).toBe('NoNewPrivs: 1');
  expect(rest.slice(0, 3)).toEqual(['no umount', 'init lives', 'no way in']);
  // The init, its cat, the shell, and the pipe's two.
  expect(Number(rest[3])).toBeLessThan(8);
});

test('a machine has a boot id of its own, as for root', async () => {
  const file = '/proc/sys/kernel/random/boot_id';
  const { stdout } = await runScript(`cat ${file} ${file}; stat -f -c %T ${file}`);
  const [first, second, kind] = String(stdout).trim().split('\n');
  expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(first).not.toBe(readFileSync(file, 'utf8').trim());
  expect([second, kind]).toEqual([first, 'proc']);
});

test('a power cut takes what was not synced, and nothing else', async () => {
  const { left } = await runScript('echo a > synced; sync synced .; echo b > lost');
  expect(left).toBe('synced\n');
});

describe.each(['running', 'frozen'])('nothing stays running or mounted with a disk that is %s', (state) => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('when the launcher gets %s', async (signal) => {
    const one = launch('disk', state);
    await ready(one);
    const [work] = one.lines();
    one.child.kill(signal);
    await one.ended;
    await eventually(() => {
      expect(processesWith(one.marker)).toEqual([]);
      expect(mountsWith(work!)).toEqual([]);
    });
    // A killed one cannot remove its directory; the next one does.
    await launch('describe').ended;
    expect(existsSync(work!)).toBe(false);
  });
});

test('who may not have a user namespace is told which switch forbids it', async () => {
  const one = launch('describe', '', [...open, ...withoutUserNamespaces]);
  expect(await one.ended).toEqual({ code: 255, signal: null });
  expect(one.stderr()).toMatch(
    /^UnavailableError: cannot make powercut's namespaces: .*user\.max_user_namespaces=0.*sysctl -w/,
  );
});
