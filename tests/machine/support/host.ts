/** What tests look at from outside a machine: processes of the whole computer, found by a marker that nothing else has. */
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

/** A number that no other command line holds; as an argument of `sleep` it is also a long time. */
export function uniqueMarker(): string {
  return `${randomInt(100_000, 999_999)}.${randomInt(1e9, 9e9)}`;
}

/** Command lines of live processes that hold the marker. */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [pid, commandLine(pid)] as const)
    .filter(([, line]) => line.includes(marker))
    .map(([pid, line]) => `${pid} ${line}`);
}

function commandLine(pid: string): string {
  return fileOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** Repeats an expectation until it holds; the last failure is the test's. */
export async function eventually(expectation: () => void | Promise<void>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Mount points that hold the text, in the mount namespace of any live process. */
export function mountsWith(text: string): string[] {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => fileOf(`/proc/${pid}/mountinfo`).split('\n'))
    .filter((line) => line.includes(text));
  return [...new Set(found)];
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
