/** Short runs of the whole command on the drivers of this folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HistoryOp } from '../../../src/checkers/history.ts';
import type { Results } from '../../../src/report/results.ts';
import { powercut, scratch, type Ran, type RunOptions } from '../../cli/support/powercut.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly results: Results;
  /** What the store says of the run. */
  readonly history: readonly HistoryOp[];
}

const executable = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const pace = ['--time', '2s', '--interval', '1s', '--rate', '200'];

export function driver(name: string): string {
  return fileURLToPath(new URL(`./drivers/${name}.mjs`, import.meta.url));
}

/** The words of a run; later words outrank the usual pace. */
export function wordsFor(name: string, store: string, words: readonly string[] = []): string[] {
  return ['test', driver(name), ...pace, '--store', store, ...words];
}

export async function testDriver(
  name: string,
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<Outcome> {
  const ran = await powercut([...wordsFor(name, join(scratch(), 'store'), words), '--json'], options);
  return outcomeOf(ran);
}

export function outcomeOf({ code, stdout, stderr }: Ran): Outcome {
  if (!stdout.startsWith('{')) throw new Error(`powercut printed no results: ${stderr}`);
  const results = JSON.parse(stdout) as Results;
  return { code, stdout, results, history: historyOf(results.store) };
}

export function historyOf(directory: string): readonly HistoryOp[] {
  const lines = readFileSync(join(directory, 'history.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as HistoryOp);
}

/** Starts a run, and does something to it once its power has been cut twice. */
export function disturbed(words: readonly string[], disturb: (run: ChildProcess) => void): Promise<Ran> {
  const child = spawn(process.execPath, [executable, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  let isDisturbed = false;
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (isDisturbed || !stderr.includes('] cut 2 at ')) return;
    isDisturbed = true;
    disturb(child);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** The process that serves the disk of a run into this store, and nobody else's. */
export function diskProcessOf(store: string): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const words = commandLineOf(name);
    if (
      words.some((word) => word.endsWith('disk-process.js')) &&
      words.some((word) => word.includes(store))
    ) {
      return Number(name);
    }
  }
  throw new Error(`no disk process serves ${store}`);
}

/** Empty for a process that has ended meanwhile. */
function commandLineOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** What a failed expectation needs to be understood. */
export function explain({ results }: Outcome): string {
  const findings = results.findings.flatMap(({ class: kind, message, evidence }) => [
    `${kind}: ${message}`,
    ...evidence.sentences,
  ]);
  return [results.command, ...findings, ...results.notes, results.unknown ?? ''].join('\n');
}

export function classesOf({ results }: Outcome): readonly string[] {
  return results.findings.map((finding) => finding.class);
}

/** The nemesis ops of a history, without boots and what cuts dropped: `invoke power-cut`, … */
export function nemesisOf({ history }: Outcome): readonly string[] {
  return history
    .filter(({ process, f }) => process === 'nemesis' && f !== 'boot' && f !== 'cut')
    .map(({ type, f }) => `${type} ${f}`);
}
