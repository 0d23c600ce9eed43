/**
 * How errors end a command: one sentence on stderr and an exit code. A user sees a stack only with `--debug`. Errors of
 * other layers are told apart by their name, so that this file need not know who throws them.
 */
import { exitCodes } from './exit-codes.ts';

/** The command line is wrong; the message says what is, and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** This machine cannot do what was asked; the message says what is missing, and what provides it. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** Errors whose message is already the whole sentence for a user. */
const spoken = new Map<string, number>([
  ['UsageError', exitCodes.usage],
  ['UnavailableError', exitCodes.unavailable],
  ['StartError', exitCodes.unavailable],
]);

/** Errors of the system that say something about the machine rather than about a defect in powercut. */
const systemSentences: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk of this computer is full; free some space, or choose another place with --store',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only; choose another place with --store',
  EMFILE: 'too many open files; raise the limit with `ulimit -n`',
  ENOMEM: 'out of memory',
};

export interface Ending {
  readonly exitCode: number;
  /** One line for stderr. */
  readonly sentence: string;
  /** The stack, for `--debug`. */
  readonly stack: string;
}

export function endingOf(error: unknown): Ending {
  const { name, message, stack = '', code } = partsOf(error);
  const exitCode = spoken.get(name);
  if (exitCode !== undefined) return { exitCode, sentence: oneLine(message), stack };
  const system = code === undefined ? undefined : systemSentences[code];
  if (system !== undefined) {
    return { exitCode: exitCodes.unavailable, sentence: `${system} (${oneLine(message)})`, stack };
  }
  const sentence = `powercut failed: ${oneLine(message)} (--debug shows where)`;
  return { exitCode: exitCodes.unavailable, sentence, stack };
}

function partsOf(error: unknown): { name: string; message: string; stack?: string; code?: string } {
  if (!(error instanceof Error)) return { name: 'unknown', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const stack = error.stack === undefined ? {} : { stack: withCauses(error) };
  return { name: error.name, message: error.message || error.name, ...stack, ...code };
}

function withCauses(error: Error, depth = 0): string {
  const own = error.stack ?? error.message;
  if (!(error.cause instanceof Error) || depth >= 5) return own;
  return `${own}\ncaused by: ${withCauses(error.cause, depth + 1)}`;
}

/** Messages of many lines (of a server's log, say) are for the store; a sentence is one line of bounded length. */
function oneLine(message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ').trim();
  return line.length <= 1000 ? line : `${line.slice(0, 997)}...`;
}
