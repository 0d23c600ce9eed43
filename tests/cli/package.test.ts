/** The published form: packed, installed from the tarball into an empty folder, and run there. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, scratch } from './support/powercut.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

describe('the package', () => {
  let folder: string;
  let packed: readonly string[];

  beforeAll(async () => {
    folder = scratch({ keep: true });
    // dist/ is built already, and building it again would take it away from tests that run.
    const pack = await run(['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: repository,
    });
    expect(pack.code, pack.stderr).toBe(0);
    packed = filesOf(pack.stdout);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    const install = await run(
      ['npm', 'install', `./${tarball!}`, '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev'],
      { cwd: folder, timeoutMs: 160_000 },
    );
    expect(install.code, install.stderr).toBe(0);
  }, 170_000);

  const npx = (...words: string[]) => run(['npx', '--no-install', ...words], { cwd: folder });

  it('holds the program, its documents and examples, and no test', () => {
    expect(packed).toContain('dist/cli/main.js');
    expect(packed).toContain('dist/index.d.ts');
    expect(packed).toContain('README.md');
    expect(packed).toContain('LICENSE');
    expect(packed).toContain('docs/concepts.md');
    expect(packed.filter((path) => /\.test\.|^tests\/|^src\/|^store\/|\/testing\//.test(path))).toEqual([]);
  });

  it('says its version', async () => {
    expect(await npx('powercut', '--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists what there is', async () => {
    const { code, stdout } = await npx('powercut', 'list', '--json');
    expect(code).toBe(0);
    const { targets } = JSON.parse(stdout) as { targets: { name: string }[] };
    expect(targets.map((target) => target.name)).toContain('sqlite');
  });

  it('finds this machine ready', async () => {
    const { code, stdout } = await npx('powercut', 'doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ready: true });
    expect(code).toBe(0);
  });

  it('can be imported as a library, with types', async () => {
    const script = "const { runTest } = await import('powercut'); console.log(typeof runTest)";
    const imported = await run([process.execPath, '--input-type=module', '--eval', script], { cwd: folder });
    expect(imported).toMatchObject({ code: 0, stdout: 'function\n' });
    expect(readFileSync(join(folder, 'node_modules/powercut/dist/index.d.ts'), 'utf8')).toContain('runTest');
  });

  it('runs a command on its disk', async () => {
    const ran = await npx('powercut', 'run', '--', 'sh', '-c', 'echo unsynced > file; exit 3');
    expect(ran.code, ran.stderr).toBe(3);
    expect(ran.stderr).toContain('file');
  });
});

/** npm prints one object a package: as an array, or by name. */
function filesOf(json: string): string[] {
  const listed = Object.values(JSON.parse(json) as Record<string, { files: { path: string }[] }>);
  return listed.flatMap(({ files }) => files.map(({ path }) => path));
}
