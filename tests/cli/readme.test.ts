/** The README tells no tales: its marked commands are run in a fresh copy of the project, and its other ones exist. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { powercut, run, scratch } from './support/powercut.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const marker = '<!-- executed by tests/cli/readme.test.ts -->';

const executed = [...readme.matchAll(new RegExp(`${marker}\n\`\`\`sh\n([\\s\\S]*?)\`\`\``, 'g'))].map(
  ([, block]) => block!,
);

describe('the README', () => {
  it('has commands that can be run as they stand', () => {
    expect(executed.length).toBeGreaterThanOrEqual(2);
    expect(executed[0]).toBe('npm ci && npx powercut test\n');
  });

  it('has commands that work in a fresh copy, one block after the other', { timeout: 400_000 }, async () => {
    const copy = scratch();
    await copyProject(copy);
    for (const block of executed) {
      const ran = await run(['sh', '-e', '-c', block], {
        cwd: copy,
        env: { CI: 'true' },
        timeoutMs: 190_000,
      });
      expect(ran.code, `${block}\n${ran.stdout}\n${ran.stderr}`).toBe(0);
    }
    const results = JSON.parse(readFileSync(join(copy, 'store/latest/results.json'), 'utf8')) as {
      valid: unknown;
    };
    expect(results.valid).toBe(true);
    expect(readFileSync(join(copy, 'store/latest/report.html'), 'utf8')).toContain('<html');
  });

  it('names commands, options, targets and nemeses that exist', async () => {
    const { stdout: help } = await powercut(['--help']);
    const commands = [...readme.matchAll(/npx powercut (\w+)/g)].map(([, command]) => command!);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of new Set(commands)) expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));

    const helps = await Promise.all(
      ['test', 'run', 'mount', 'lazyfs'].map((name) => powercut([name, '--help'])),
    );
    const flags = [...readme.matchAll(/(?<=[\s`(])--[a-z][a-z-]+/g)].map(([flag]) => flag);
    for (const flag of new Set(flags)) expect(helps.map((each) => each.stdout).join('')).toContain(flag);

    const { stdout } = await powercut(['list', '--json']);
    const listed = JSON.parse(stdout) as Record<string, { name: string }[]>;
    const inTable = (title: string) =>
      [...tableAfter(title).matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!);
    expect(inTable('### Targets').sort()).toEqual(listed['targets']!.map(({ name }) => name).sort());
    expect(inTable('### What goes wrong').sort()).toEqual(listed['nemeses']!.map(({ name }) => name).sort());
  });

  it('and the documents link to files that exist', () => {
    for (const document of ['README.md', 'CONTRIBUTING.md', 'docs/concepts.md', 'docs/results.md']) {
      const text = readFileSync(join(repository, document), 'utf8');
      for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
        const path = join(repository, dirname(document), link!);
        expect(() => readFileSync(path), `${document} → ${link!}`).not.toThrow(/ENOENT/);
      }
    }
  });
});

/** What a clone would have: tracked files, and new ones that are not ignored. */
async function copyProject(to: string): Promise<void> {
  const list = [
    'git',
    '-c',
    'safe.directory=*',
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ];
  const { stdout, code, stderr } = await run(list, { cwd: repository });
  expect(code, stderr).toBe(0);
  for (const path of stdout.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(join(repository, path), join(to, path));
  }
}

function tableAfter(title: string): string {
  return readme.slice(readme.indexOf(title)).split('\n\n')[1] ?? '';
}
