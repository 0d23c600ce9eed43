/** powercut in LazyFS's place: driven as its users drive it, and right where LazyFS is wrong. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, useFolders } from '../mount/support/disks.ts';
import { executable, LazyFsClient, type ClientOptions } from './support/lazyfs-client.ts';

const newFolder = useFolders();
let client: LazyFsClient | undefined;

async function mounted(options: ClientOptions = {}): Promise<LazyFsClient> {
  client = new LazyFsClient(newFolder(), options);
  await client.mount();
  return client;
}

afterEach(async () => {
  if (client?.isMounted === true) {
    await client.umount().catch(() => undefined);
  }
  client = undefined;
});

test('a Jepsen test: mount, lose un-synced writes, checkpoint, unmount, mount again', async () => {
  const lazy = await mounted();
  expect(execFileSync('findmnt', [lazy.directory], { encoding: 'utf8' })).toMatch(/lazyfs/);
  expect(lazy.log()).toContain('running LazyFS...');
  await lazy.sh('echo synced > $D/a; sync $D/a; echo lost >> $D/a; echo lost > $D/b');
  expect([lazy.root('a'), lazy.root('b')]).toEqual(['synced\n', '']);
  await lazy.loseUnfsyncedWrites();
  expect((await lazy.sh('cat $D/a; stat -c %s $D/b')).out).toBe('synced\n0\n');
  await lazy.sh('echo kept > $D/c');
  await lazy.checkpoint();
  expect(lazy.root('c')).toBe('kept\n');
  await lazy.sh('echo lost > $D/d; mkdir $D/e; ln $D/a $D/e/link');
  await lazy.umount();
  expect([lazy.root('d'), lazy.root('e/link')]).toEqual(['', 'synced\n']);
  await lazy.mount();
  expect((await lazy.sh('cat $D/*; cat $D/e/link; stat -c %h-%i $D/a; stat -c %h-%i $R/a')).out).toMatch(
    /^synced\nkept\nsynced\n(2-\d+)\n\1\n$/,
  );
});

test('commands: several in one write, of any length, what is wrong said, each with its completion', async () => {
  const folder = newFolder();
  const completed = join(folder, 'completed');
  client = new LazyFsClient(folder, { faults: `fifo_path_completed="${completed}"` });
  const lazy = client;
  await lazy.mount();
  await lazy.sh('printf %05050d 1 > $D/c; truncate -s 1 $D/t');
  const long = `/x${'y'.repeat(5000)}`;
  // Nobody reads what is completed yet, and nothing waits for it.
  writeFileSync(
    lazy.fifoPath,
    `lazyfs::unsynced-data-report\nlazyfs::torn-op::file=${long}::persist=1::parts=2::occurrence=2\nlazyfs::bogus\nlazyfs::display-cache-usage\n`,
  );
  const said = await lazy.hear('cache usage (%pages) is');
  const { ino } = statSync(join(lazy.data, 'c'));
  expect(said).toContain(
    `report: [inode ${ino}] info: (block 0) to (block 1) [byte index 0 to index 5049]\n`,
  );
  expect(said).toContain(`report: [inode ${ino}] => file: '${lazy.data}/c'\n`);
  expect(said).toContain(`=> file: '${lazy.data}/t'\n`);
  expect(said).toContain('report: total number of bytes un-fsynced: 5050 bytes.\n\n');
  expect(said).toMatch(
    /\[global\] \[info\] \[lazyfs.faults.worker\]: configured successfully 'lazyfs::torn-op::file=\/xyyy/,
  );
  expect(said).toContain("command unknown 'lazyfs::bogus'");
  const reading = lazy.sh(`timeout 30 head -n 2 ${completed}`);
  await eventually(() => spawnSync('pgrep', ['-f', `head -n 2 ${completed}`]).status === 0);
  await lazy.command(
    'lazyfs::crash::timing=now::op=write::from_rgx=x',
    'crash fault error: timing should be',
  );
  await lazy.loseUnfsyncedWrites();
  expect((await reading).out).toMatch(/^finished::crash::error=timing.*\nfinished::clear-cache\n$/);
});

test('a crash leaves the mount dead and the durable state behind, and matches both paths of a rename', async () => {
  const lazy = await mounted();
  await lazy.command(
    'lazyfs::crash::timing=before::op=rename::from_rgx=zzz::to_rgx=f2',
    'VALID crash fault:',
  );
  await lazy.command('lazyfs::crash::timing=after::op=rename::from_rgx=f1::to_rgx=f2', 'VALID crash fault:');
  expect(
    (await lazy.sh('cd $D; echo x > f1; sync f1; echo y >> f1; mv f1 other; mv other f2; mv f2 f1')).code,
  ).toBe(0);
  await lazy.sh('mv $D/f1 $D/f2');
  const said = await lazy.hear(/Killing LazyFS pid \d+!/);
  expect(said).toContain('Triggered fault condition (op=rename,timing=after)');
  expect((await lazy.sh('ls $D')).out).toMatch(/not connected|aborted/);
  expect([readdirSync(lazy.data), lazy.root('f2')]).toEqual([['f2'], 'x\n']);
  await lazy.umount();
  await lazy.mount();
  expect((await lazy.sh('cat $D/f2')).out).toBe('x\n');
});

test('torn writes are of programs, not of what the kernel makes of them; occurrences are counted', async () => {
  const lazy = await mounted();
  await lazy.command(
    `lazyfs::torn-op::file=${lazy.data}/t::persist=2::parts=2::occurrence=3`,
    'configured successfully',
  );
  await lazy.python(`
fd = os.open(D + '/t', os.O_RDWR | os.O_CREAT)
os.write(fd, b'a' * 4000)
os.write(fd, b'b' * 4000)
os.write(fd, b'c' * (3 << 20))`);
  await lazy.hear(/Killing LazyFS/);
  const bytes = readFileSync(join(lazy.data, 't'));
  const half = 8000 + (3 << 19);
  expect(bytes.length).toBe(8000 + (3 << 20));
  expect(bytes.subarray(0, half).every((byte) => byte === 0)).toBe(true);
  expect(bytes.subarray(half).every((byte) => byte === 0x63)).toBe(true);
  await lazy.umount();
});

test('faults of the configuration: at the call that was counted, before it and after it, and writes out of order', async () => {
  const folder = newFolder();
  const data = join(folder, 'db.lazyfs/data');
  const fault = (lines: string) => `[[injection]]\n${lines}\n`;
  client = new LazyFsClient(folder, {
    more:
      fault(`type="clear-cache"\ntiming="after"\nop="unlink"\nfrom="${data}/u"\noccurrence=1\ncrash=false`) +
      fault(`type="clear-cache"\ntiming="before"\nop="fsync"\nfrom="${data}/f"\noccurrence=2\ncrash=false`) +
      fault(`type="torn-seq"\nop="write"\nfile="${data}/s"\npersist=[1,3]\noccurrence=1`),
  });
  const lazy = client;
  await lazy.mount();
  const { out } = await lazy.python(`
def sizes(): return [os.stat(D + '/' + name).st_size for name in ('f', 'g')]
for name in ('u', 'f', 'g'): open(D + '/' + name, 'w').write('x')
os.unlink(D + '/u')
time.sleep(1)
print('after unlink', sizes())
f = os.open(D + '/f', os.O_RDWR)
for each in ('1', '22'):
    os.pwrite(f, each.encode(), 0)
    os.fsync(f)
    time.sleep(1)
    print('fsync', sizes())
s = os.open(D + '/s', os.O_RDWR | os.O_CREAT)
os.write(s, b'one')
os.write(s, b'two')
os.write(s, b'three')`);
  expect(out).toMatch(/^after unlink \[0, 0\]\nfsync \[1, 0\]\nfsync \[1, 0\]\n/);
  await lazy.hear(/Killing LazyFS/);
  expect([lazy.root('f'), lazy.root('s')]).toEqual(['1', 'one\0\0\0three']);
  await lazy.umount();
});

describe('what LazyFS gets wrong', () => {
  test('a small cache corrupts nothing and makes nothing durable', async () => {
    const lazy = await mounted({ cache: 'apply_eviction=true\n[cache.simple]\ncustom_size="1mb"\n' });
    await lazy.sh(
      'head -c 4M /dev/urandom > $D/kept; sync $D/kept; head -c 4M /dev/urandom > $D/lost; cp $D/kept $D/../copy',
    );
    await lazy.loseUnfsyncedWrites();
    expect(
      (await lazy.sh('cmp $D/kept $D/../copy && cmp $R/kept $D/../copy && stat -c %s $D/lost $R/lost')).out,
    ).toBe('0\n0\n');
    // A barrier costs what is un-synced, not what the file holds.
    const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${lazy.pid}/io`, 'utf8'))![1]);
    const before = written();
    await lazy.sh('printf x | dd of=$D/kept conv=notrunc,fsync 2>/dev/null');
    expect(written() - before).toBeLessThan(1 << 20);
    // And memory what is un-synced, not what was ever touched.
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${lazy.pid}/status`, 'utf8'))![1]);
    const residentBefore = resident();
    await lazy.sh('mkdir $D/many; cd $D/many; for i in $(seq 300); do echo $i > $i; done; sync *');
    expect(resident() - residentBefore).toBeLessThan(60_000);
  });

  test('a full disk beneath fails the fsync', async () => {
    const folder = newFolder();
    client = new LazyFsClient(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', client.data]);
    await client.mount();
    const { out } = await client.python(`
fd = os.open(D + '/f', os.O_RDWR | os.O_CREAT)
print(os.write(fd, b'x' * (2 << 20)))
try: os.fsync(fd); print('synced')
except OSError as error: print(error.strerror)`);
    expect(out).toBe('2097152\nNo space left on device\n');
    await client.umount();
  });

  test('two names of one file, holes, times, special files, free space', async () => {
    const lazy = await mounted();
    const { out } = await lazy.sh(`cd $D
      echo data >> c; ln c b; mv c b; python3 -c "import os; os.rename('c', 'b')" 2>/dev/null; rm -f b; cat c 2>/dev/null || cat b
      touch -d @1000000000 f; stat -c %Y f; mkfifo p; test -p p && echo fifo; truncate -s 1T h; sync h; du -k h | cut -f1
      df --output=size . | tail -1 | grep -qv '^ *0$' && echo space`);
    expect(out).toBe('data\n1000000000\nfifo\n0\nspace\n');
    expect(statSync(join(lazy.data, 'f')).mtimeMs).toBe(1e12);
  });

  test('mapped pages do not come back after a loss', async () => {
    const lazy = await mounted();
    const { out } = await lazy.python(`
fd = os.open(D + '/m', os.O_RDWR | os.O_CREAT)
os.write(fd, b'a' * 4096); os.fsync(fd)
page = mmap.mmap(fd, 4096)
page[:4] = b'lost'
open('${lazy.fifoPath}', 'w').write('lazyfs::clear-cache\\n')
until = time.time() + 30
while page[:4] == b'lost' and time.time() < until: time.sleep(0.05)
page.flush(); os.fsync(fd)
print(page[:4], os.pread(fd, 4, 0))`);
    expect(out).toBe("b'aaaa' b'aaaa'\n");
    expect(lazy.root('m').slice(0, 4)).toBe('aaaa');
  });

  test('many threads and a loss every 200 ms: it answers', async () => {
    const lazy = await mounted();
    const working = lazy.python(`
import threading
until = time.time() + 3
def work(n):
    d = D + '/' + str(n); os.mkdir(d)
    while time.time() < until:
        fd = os.open(d + '/a', os.O_RDWR | os.O_CREAT)
        os.pwrite(fd, b'x' * 5000, 100); os.fsync(fd); os.ftruncate(fd, 50); os.close(fd)
        os.rename(d + '/a', d + '/b'); os.link(d + '/b', d + '/c'); os.unlink(d + '/b'); os.unlink(d + '/c')
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for t in threads: t.start()
for t in threads: t.join()
print('done')`);
    for (let count = 0; count < 4; count++) {
      await lazy.loseUnfsyncedWrites();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect((await working).out).toBe('done\n');
  });
});

test('strict loses names, which LazyFS cannot', async () => {
  const lazy = await mounted({ words: ['--profile', 'strict'] });
  await lazy.sh('cd $D; echo a > a; sync a; echo b > b; sync b .; mv b c');
  expect(readdirSync(lazy.data).sort()).toEqual(['a', 'b']);
  await lazy.umount();
  expect([lazy.root('a'), lazy.root('b')]).toEqual(['a\n', 'b\n']);
});

test('a large tree is there at once; pages, snapshots and the log of ops', async () => {
  const folder = newFolder();
  client = new LazyFsClient(folder, {
    filesystem: 'log_all_operations=true',
    words: ['--json-log', join(folder, 'json')],
  });
  const lazy = client;
  mkdirSync(join(lazy.data, 'old'));
  writeFileSync(join(lazy.data, 'old/big'), 'begin');
  truncateSync(join(lazy.data, 'old/big'), 2 ** 40);
  await lazy.mount();
  expect((await lazy.sh('head -c 5 $D/old/big')).out).toBe('begin');
  expect(lazy.log()).toMatch(new RegExp(`lfs_read\\(path=${lazy.data}/old/big,size=\\d+,off=0\\)`));
  await lazy.sh('head -c 16384 /dev/zero | tr "\\\\0" x > $D/p');
  await lazy.command(
    `lazyfs::sync-pages::file=${lazy.data}/p::timing=now::pages=first-and-last`,
    'configured successfully',
  );
  const p = lazy.root('p');
  expect([p.length, p[0], p[4096], p[8192], p[12288]]).toEqual([16_384, 'x', '\0', '\0', 'x']);
  await lazy.loseUnfsyncedWrites();
  expect((await lazy.sh('cmp $D/p $R/p')).code).toBe(0);
  await lazy.command(`lazyfs::snapshot::files_rgx=/p$::save=${folder}/snapshots`, 'files copied');
  expect(readFileSync(join(folder, 'snapshots/snapshot0/p'), 'latin1')).toBe(p);
  const events = readFileSync(join(folder, 'json'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['mounted', 'fault', 'clear-cache', 'snapshot']),
  );
});

test('install lays out what Jepsen builds, checks out, and mounts with', async () => {
  const folder = newFolder();
  const opt = join(folder, 'opt/lazyfs');
  expect(spawnSync(process.execPath, [executable, 'lazyfs', 'install', opt]).status).toBe(0);
  const lazy = (client = new LazyFsClient(folder));
  const steps = `set -e; cd ${opt}; git checkout -q 0.3.0; git clean -fxq
    (cd libs/libpcache && ./build.sh); cd lazyfs; ./build.sh
    scripts/mount-lazyfs.sh -c ${folder}/db.lazyfs/config -m ${lazy.directory} -r ${lazy.data}
    mountpoint -q ${lazy.directory}`;
  const { out, code } = await lazy.sh(steps);
  expect(code, out).toBe(0);
  expect((await lazy.sh(`${opt}/lazyfs/scripts/umount-lazyfs.sh -m ${lazy.directory}`)).code).toBe(0);
  await eventually(() => !readdirSync(tmpdir()).some((name) => name.startsWith('powercut-lazyfs-')));
  expect(spawnSync(process.execPath, [executable, 'lazyfs', 'install', opt]).status).toBe(254);
});

test('what is wrong on the command line is refused in a sentence', () => {
  const folder = newFolder();
  const config = join(folder, 'c.toml');
  const fault = (...words: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [executable, 'lazyfs', ...words], {
      encoding: 'utf8',
    });
    return `${status} ${stderr}`;
  };
  mkdirSync(join(folder, 'm'));
  mkdirSync(join(folder, 'r'));
  const all = [join(folder, 'm'), '-c', config, '-o', `subdir=${join(folder, 'r')}`];
  expect(fault(join(folder, 'm'), '-c', config)).toMatch(
    /^254 powercut: the root directory is missing: .*subdir=ROOT\n$/,
  );
  expect(fault(...all)).toMatch(/^254 powercut: the configuration .* cannot be read.*\n$/);
  writeFileSync(config, '[faults]\n[cache]\n[file system]\n');
  expect(fault(...all)).toMatch(/^254 powercut: .*write \[filesystem\], in one word.*\n$/);
  expect(fault(join(folder, 'm'), '-c', config, '-o', `subdir=${folder}`)).toMatch(
    /^254 powercut: .* lie in each other.*\n$/,
  );
  expect(existsSync(join(folder, 'r/faults.fifo'))).toBe(false);
});
