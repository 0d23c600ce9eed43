/** What a cut keeps, by profile and by choice, of what a program did on a real mount. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DiskControl, Selection } from '../../src/mount/control.ts';
import { useMountedDisks } from './support/disks.ts';

const mountedDisk = useMountedDisks();

async function write(file: string, text: string, sync = false): Promise<void> {
  const handle = await open(file, 'r+').catch(() => open(file, 'w'));
  await handle.write(text, 0);
  if (sync) await handle.sync();
  await handle.close();
}

/** Cuts, mounts what is left, and tells what became of the ops. */
async function cut(control: DiskControl, choice: Selection) {
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  await control.request('cut', { choice });
  await control.request('mount');
  return control.request('loss');
}

const names = ({ ops }: { readonly ops: readonly { readonly kind: string; readonly path: string }[] }) =>
  ops.map(({ kind, path }) => `${kind} ${path}`);

test('ext4 keeps names that came before a file that was synced; strict keeps none', async () => {
  for (const [profile, isKept] of [
    ['ext4', true],
    ['xfs', true],
    ['strict', false],
  ] as const) {
    const { control, mountPoint } = await mountedDisk({ profile });
    const [earlier, synced, later] = ['earlier', 'synced', 'later'].map((name) => join(mountPoint, name));
    await write(earlier!, 'never synced');
    await write(synced!, 'synced', true);
    await write(later!, 'never synced');
    const loss = await cut(control, 'lose-all');
    expect([profile, existsSync(earlier!), existsSync(synced!), existsSync(later!)]).toEqual([
      profile,
      isKept,
      isKept,
      false,
    ]);
    expect(names(loss)).toEqual([
      ...(isKept ? [] : ['create earlier']),
      'write earlier',
      ...(isKept ? [] : ['create synced']),
      'create later',
      'write later',
    ]);
    expect(loss.rules.name).toContain(`${profile}: `);
  }
});

test('one instant, cut by every profile: each image is one of its own, and the disk stays as it is', async () => {
  const { control, mountPoint, scratch } = await mountedDisk({ profile: 'ext4' });
  await write(join(mountPoint, 'old'), 'old', true);
  await control.request('checkpoint');
  await write(join(mountPoint, 'new'), 'new', true);
  renameSync(join(mountPoint, 'new'), join(mountPoint, 'old'));
  await write(join(mountPoint, 'other'), 'other', true);
  await cut(control, 'lose-all');
  const shown: Record<string, string> = {};
  for (const profile of ['strict', 'ext4', 'xfs', 'btrfs', 'lazyfs']) {
    const { image } = await control.request('cut-image', { profile, choice: 'lose-all' });
    const directory = join(scratch, profile);
    await control.request('export-image', { image, directory });
    shown[profile] = readFileSync(join(directory, 'old'), 'utf8');
    await control.request('drop-image', { image });
  }
  // btrfs logs the file that was synced, and nothing of a rename elsewhere.
  expect(shown).toEqual({ strict: 'old', ext4: 'new', xfs: 'new', btrfs: 'new', lazyfs: 'new' });
  expect(readFileSync(join(mountPoint, 'old'), 'utf8')).toBe('new');
  await expect(control.request('cut-image', { profile: 'fat', choice: 'lose-all' })).rejects.toThrow(
    'there is no profile "fat"',
  );
});

test('exact ops are dropped, kept and torn, or refused with the rule; a seed repeats a random image', async () => {
  const { control, mountPoint, scratch } = await mountedDisk({ profile: 'ext4' });
  const file = join(mountPoint, 'f');
  await write(file, 'a'.repeat(8192), true);
  await control.request('checkpoint');
  const { ops } = await control.request('stats');
  await write(file, 'b'.repeat(4096));
  await write(join(mountPoint, 'g'), 'g');
  mkdirSync(join(mountPoint, 'd'));
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  await expect(control.request('cut', { choice: { kind: 'drop', ops: [1] } })).rejects.toThrow(
    'op 1 is nothing that a cut now could take',
  );
  // Write, create, write, mkdir.
  const [overwrite, create] = [ops + 1, ops + 2];
  await control.request('cut', { choice: { kind: 'torn', op: overwrite, sectors: [0, 7] } });
  expect((await control.request('loss')).torn).toEqual([overwrite]);
  const image = async (choice: Selection, profile = 'ext4') => {
    const made = await control.request('cut-image', { profile, choice });
    const directory = join(scratch, 'image');
    rmSync(directory, { recursive: true, force: true });
    await control.request('export-image', { image: made.image, directory });
    const { ops } = await control.request('loss', { image: made.image });
    await control.request('drop-image', { image: made.image });
    return { ops, directory, f: readFileSync(join(directory, 'f'), 'latin1') };
  };
  const sectors = (text: string) =>
    text
      .match(/.{512}/gsu)!
      .map((sector) => sector[0])
      .join('');
  await control.request('mount');
  expect(sectors(readFileSync(file, 'latin1'))).toBe('baaaaaab' + 'aaaaaaaa');
  const without = await image({ kind: 'drop', ops: [overwrite] });
  expect([sectors(without.f), existsSync(join(without.directory, 'd'))]).toEqual(['a'.repeat(16), true]);
  expect(without.ops.map(({ number }) => number)).toEqual([overwrite]);
  // A commit carries what came before it: without the file there is no later directory either.
  const withoutFile = { kind: 'drop', ops: [create, create + 1] } as const;
  await expect(image(withoutFile)).rejects.toThrow('ext4 commits metadata in the order of the ops');
  const strict = await image(withoutFile, 'strict');
  expect([existsSync(join(strict.directory, 'g')), existsSync(join(strict.directory, 'd'))]).toEqual([
    false,
    true,
  ]);
  const only = await image({ kind: 'prefix', op: overwrite });
  expect([sectors(only.f).slice(0, 8), existsSync(join(only.directory, 'g'))]).toEqual(['bbbbbbbb', false]);
  const [first, again] = [await image({ kind: 'random', seed: 7 }), await image({ kind: 'random', seed: 7 })];
  expect([again.f, again.ops.map(({ number }) => number)]).toEqual([
    first.f,
    first.ops.map(({ number }) => number),
  ]);
});

test('what a cut did not drop is no trace of what was lost', async () => {
  const { control, mountPoint } = await mountedDisk({ profile: 'ext4' });
  writeFileSync(join(mountPoint, 'kept'), 'needle-one');
  await write(join(mountPoint, 'synced'), 'needle-two', true);
  await write(join(mountPoint, 'lost'), 'needle-three');
  await cut(control, 'lose-all');
  const traces = await control.request('trace', { needles: ['needle-one', 'needle-two', 'needle-three'] });
  expect(traces.map(({ needle, op }) => `${needle} ${op?.kind}`)).toEqual([
    'needle-one write',
    'needle-three write',
  ]);
});
