/** A powercut in little (boxed.mjs) that was started as a user starts it, and what it said so far. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually, uniqueMarker } from './host.ts';

const script = fileURLToPath(new URL('boxed.mjs', import.meta.url));

export interface Launched {
  readonly child: ChildProcess;
  readonly marker: string;
  /** Lines of stdout so far. */
  lines(): string[];
  stderr(): string;
  /** Resolves with how the launcher ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

export interface LaunchOptions {
  readonly argument?: string;
  /** Words before the script's own: a Node, and what makes a computer or a user; they keep the pid. */
  readonly through?: readonly string[];
  /** Where the script is for whoever runs it. */
  readonly script?: string;
}

/** The script, from the root of a checkout. */
export const scriptInCheckout = 'tests/machine/support/boxed.mjs';

export function launch(mode: string, options: LaunchOptions = {}): Launched {
  const marker = uniqueMarker();
  const { argument = '', through = [process.execPath] } = options;
  const [command, ...words] = [...through, options.script ?? script, mode, marker, argument];
  // A process group of its own, as a shell gives it to what is started at a terminal.
  const child = spawn(command!, words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, marker, lines: () => stdout.split('\n').slice(0, -1), stderr: () => stderr, ended };
}

/** Resolves when it says that it is ready. */
export async function ready(launched: Launched): Promise<void> {
  await eventually(() => {
    if (!launched.lines().includes('ready')) throw new Error(`not ready yet; it said: ${launched.stderr()}`);
  }, 30_000);
}
