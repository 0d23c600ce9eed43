/**
 * Redis's own checks: redis-check-aof and redis-check-rdb read the log and the snapshot, INFO tells whether the last writes of
 * both went well; and every element's text, because a well-formed file can hold bytes that were never written there.
 */
import { dirname, join } from 'node:path';
import type { Machine } from '../../machine/machine.ts';
import type { Integrity } from '../target.ts';
import { askAll, wrongTags } from './elements.ts';
import { messageOf, Session } from './session.ts';
import { manifest, snapshot } from './unsynced.ts';

const timeoutMs = 120_000;
const maxLines = 20;

export interface IntegrityParts {
  readonly machine: Machine;
  /** The server, as programs in the machine reach it. */
  readonly program: string;
  readonly socketPath: string;
  readonly workload: string;
}

export async function checkIntegrity(parts: IntegrityParts): Promise<Integrity> {
  const methods = ['INFO persistence', 'the text of every element'];
  const lines: string[] = [];
  try {
    lines.push(...(await askServer(parts)));
    for (const [tool, file] of [
      ['redis-check-aof', manifest],
      ['redis-check-rdb', snapshot],
    ] as const) {
      const complaints = await check(parts, tool, file);
      if (complaints === undefined) continue;
      methods.push(tool);
      lines.push(...complaints);
    }
  } catch (error) {
    lines.push(messageOf(error));
  }
  return { ok: lines.length === 0, method: methods.join(', '), lines: lines.slice(0, maxLines) };
}

async function askServer({ socketPath, workload }: IntegrityParts): Promise<string[]> {
  const session = await Session.open(socketPath, timeoutMs);
  try {
    const info = String(await session.send(['INFO', 'persistence'], timeoutMs));
    const failed = [...info.matchAll(/^(\w+_status):(?!ok)(.*)$/gm)].map(([line]) => `INFO: ${line.trim()}`);
    return [...failed, ...wrongTags(await session.send(askAll, timeoutMs), workload)];
  } finally {
    session.close();
  }
}

/** What the tool has against the file, or undefined where there is no such file or no such tool. */
async function check(parts: IntegrityParts, tool: string, file: string): Promise<string[] | undefined> {
  const absent = 99;
  const script = `[ -e "$2" ] && [ -x "$1" ] || exit ${absent}; exec "$1" "$2"`;
  const program = join(dirname(parts.program), tool);
  const { code, stdout, stderr } = await parts.machine.run('sh', ['-c', script, 'sh', program, file], {
    timeoutMs,
  });
  if (code === absent) return undefined;
  if (code === 0) return [];
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return [`${tool} ${file} ended with code ${code}`, ...said.slice(-maxLines + 1)];
}
