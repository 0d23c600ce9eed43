// pjdfstest: what each system call must do and which errno it must give, as TAP; a test that says TODO may fail.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const timeoutMs = 30 * 60_000;
const directory = process.env.PJDFSTEST;

export const pjdfstest = {
  missing: () => (directory === undefined ? 'PJDFSTEST=DIR names no built pjdfstest' : undefined),
  run(place) {
    const tests = join(directory, 'tests');
    const files = readdirSync(tests, { recursive: true })
      .filter((name) => name.endsWith('.t'))
      .sort()
      .map((name) => join(tests, name));
    const script = 'for file do echo "# file $file"; sh "$file"; done';
    const { output } = place.run('sh', ['-c', script, 'sh', ...files], timeoutMs);
    return outcomes(output, tests);
  },
};

function outcomes(output, tests) {
  const found = new Map();
  let file = '';
  for (const line of output.split('\n')) {
    if (line.startsWith('# file ')) file = relative(tests, line.slice('# file '.length));
    const [, verdict, number, rest] = /^(ok|not ok) (\d+)(.*)$/.exec(line) ?? [];
    if (verdict === undefined) continue;
    const isExpected = verdict === 'ok' || rest.includes('# TODO');
    found.set(`${file} ${number}`, isExpected ? 'ok' : 'not ok');
  }
  return found;
}
