/** Drivers that misbehave from the start were not tested: one sentence, code 255, and nothing is left of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { powercut, run, scratch } from './support/powercut.ts';

function driver(script: string, mode = 0o755): string {
  const file = join(scratch(), 'driver');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode });
  return file;
}

async function test(file: string, ...words: string[]) {
  await run(['chmod', '755', join(file, '..')]);
  const ran = await powercut(['test', file, '--store', join(scratch(), 'store'), ...words]);
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return { ...ran, sentence: ran.stderr.trimEnd().split('\n').at(-1) };
}

describe('a driver that', () => {
  it.each<[string, string, RegExp, string[]]>([
    [
      'prints garbage',
      'echo hello; cat > /dev/null',
      /^powercut: .*printed a line that is not a JSON object: "hello"/,
      [],
    ],
    ['exits at once', 'exit 3', /^powercut: .*ended with exit code 3 before it answered hello/, []],
    [
      'never answers',
      'exec sleep 1000',
      /^powercut: .*did not answer hello within 2 s/,
      ['--set', 'start-timeout=2s'],
    ],
  ])('%s', async (_what, script, sentence, words) => {
    const ran = await test(driver(script), ...words);
    expect(ran.sentence).toMatch(sentence);
    expect(ran).toMatchObject({ code: 255, stdout: '' });
  });

  it('cannot be executed is a wrong command line', async () => {
    const ran = await test(driver('exit 0', 0o644));
    expect(ran.sentence).toMatch(/^powercut: the driver .* is not executable: chmod \+x/);
    expect(ran).toMatchObject({ code: 254, stdout: '' });
  });
});
