/** Computers that lack something: one sentence that says what, and what helps; code 255; nothing left behind. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asNobody,
  asNobodyWithPrivateFuse,
  hiding,
  withoutFuse,
  withoutMountPrivilege,
  withSmallStore,
} from './support/machines.ts';
import { powercut, run, scratch, sentenceOf } from './support/powercut.ts';
import type { Ran, RunOptions } from './support/powercut.ts';

/** Everything that mounts, each with a line that would work elsewhere. */
function mounting(): [string, string[]][] {
  const directory = join(scratch(), 'disk');
  mkdirSync(directory);
  chmodSync(join(directory, '..'), 0o755);
  return [
    ['test', ['test', '--store', join(scratch(), 'store')]],
    ['run', ['run', '--', 'true']],
    ['mount', ['mount', directory]],
  ];
}

async function eachRefuses(options: RunOptions, sentence: RegExp): Promise<void> {
  for (const [name, words] of mounting()) {
    const ran = await powercut(words, options);
    expect(sentenceOf(ran), name).toMatch(sentence);
    expect(ran, name).toMatchObject({ code: 255, stdout: '' });
    const store = words[words.indexOf('--store') + 1]!;
    if (name === 'test') expect(existsSync(store)).toBe(false);
  }
}

async function doctor(
  options: RunOptions,
): Promise<{ code: number | null; missing: Record<string, string> }> {
  const { code, stdout } = await powercut(['doctor', '--json'], options);
  const { probes } = JSON.parse(stdout) as { probes: { name: string; ok: boolean; help?: string }[] };
  const missing = probes.filter(({ ok }) => !ok).map(({ name, help }) => [name, help ?? ''] as const);
  return { code, missing: Object.fromEntries(missing) };
}

describe('a computer without /dev/fuse', () => {
  const lacking = { through: withoutFuse };

  it('is told so, and what helps', async () => {
    await eachRefuses(lacking, /^no \/dev\/fuse.*(modprobe fuse|mknod \/dev\/fuse)/);
  });

  it('is not ready, says the doctor', async () => {
    const { code, missing } = await doctor(lacking);
    expect(code).toBe(255);
    expect(missing['/dev/fuse']).toMatch(/modprobe|mknod/);
  });
});

describe('a user who may not', () => {
  it('open /dev/fuse, is told so', async () => {
    await eachRefuses(
      { through: asNobodyWithPrivateFuse },
      /^nobody cannot open \/dev\/fuse \(EACCES.*run as root/,
    );
  });

  it('mount, is told so', async () => {
    await eachRefuses({ through: withoutMountPrivilege }, /^root may not mount.*--cap-add SYS_ADMIN/);
  });

  it('do either, learns from the doctor what helps', async () => {
    const nobody = await doctor({ through: asNobodyWithPrivateFuse });
    expect(nobody.code).toBe(255);
    expect(nobody.missing['/dev/fuse']).toMatch(/run as root/);
    const unprivileged = await doctor({ through: withoutMountPrivilege });
    expect(unprivileged.code).toBe(255);
    expect(unprivileged.missing['mounting']).toMatch(/SYS_ADMIN/);
  });

  it('can still list, and analyze what others ran', async () => {
    expect(await powercut(['list'], { through: asNobody })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a computer without', () => {
  it("PostgreSQL's server names the package that has it", async () => {
    const store = join(scratch(), 'store');
    const options = {
      through: hiding('/usr/lib/postgresql', '/usr/local/bin'),
      env: { PATH: '/usr/bin:/bin' },
    };
    const ran = await powercut(['test', 'postgres', '--store', store], options);
    expect(sentenceOf(ran)).toMatch(/postgres.*apt-get install postgresql/i);
    expect(ran).toMatchObject({ code: 255, stdout: '' });
    expect(existsSync(store)).toBe(false);
    const { code, missing } = await doctor(options);
    // The default test needs no server.
    expect(code).toBe(0);
    expect(missing['postgres']).toMatch(/postgresql/);
  });

  it("util-linux's programs names the package that has them", async () => {
    const bin = scratch();
    for (const program of ['node', 'sh', 'cat', 'mkdir', 'mount', 'umount']) {
      const { stdout } = await run(['sh', '-c', `command -v ${program}`]);
      writeFileSync(join(bin, program), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`, { mode: 0o755 });
    }
    const script = `for name in unshare nsenter; do mount --bind /dev/null /usr/bin/$name; done; exec "$@"`;
    const through = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
    await eachRefuses({ through, env: { PATH: `${bin}:/usr/bin` } }, /unshare.*apt-get install util-linux/);
  });
});

describe('a port that is taken', () => {
  it('is named, and left to whoever has it', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const store = join(scratch(), 'store');
      const ran = await powercut(['test', 'postgres', '--set', `port=${String(port)}`, '--store', store]);
      expect(lastLine(ran)).toMatch(new RegExp(`^powercut: .*port ${String(port)}.*`));
      expect(ran).toMatchObject({ code: 255, stdout: '' });
      expect(server.listening).toBe(true);
    } finally {
      server.close();
    }
  });
});

describe('a store whose disk is full', () => {
  it('ends with a sentence that says so', async () => {
    const store = scratch();
    const ran = await powercut(['test', '--time', '30s', '--store', store], {
      through: withSmallStore(store),
    });
    expect(lastLine(ran)).toMatch(/^powercut: .*(full|no space left)/i);
    expect(ran.code).toBe(255);
  });
});

describe('a powercut that is killed', () => {
  it('leaves nothing mounted and nothing running, and the next one clears its work folder', async () => {
    const folder = scratch();
    const executable = join(process.cwd(), 'dist/cli/main.js');
    const store = join(folder, 'store');
    const killed = spawn(process.execPath, [executable, 'test', '--store', store], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    killed.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const started = new Promise<void>((resolve) => {
      killed.stderr.on('data', () => {
        if (/\] work$/m.test(said)) resolve();
      });
      killed.once('close', () => resolve());
    });
    await started;
    expect(said).toMatch(/\] work$/m);
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('close', resolve));
    const before = await untilNobodyRuns(store);
    expect(before).toEqual([]);
    expect(await powercut(['run', '--', 'true'])).toMatchObject({ code: 0 });
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toMatch(/\/powercut-[0-9a-f]{12}\//);
  });
});

function lastLine(ran: Ran): string {
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return ran.stderr.trimEnd().split('\n').at(-1)!;
}

/** The kernel takes a moment to end a box; gives those who are still there after a minute. */
async function untilNobodyRuns(text: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const running = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
        } catch {
          return false;
        }
      });
    if (running.length === 0 || attempt >= 600) return running;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
