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
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
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
