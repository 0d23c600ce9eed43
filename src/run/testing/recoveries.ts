/** Recoveries for tests. */
import type { Completion, Integrity } from '../../targets/target.ts';
import { StartError } from '../../targets/target.ts';
import type { Recovery } from '../recovery.ts';

export function failedStart(message: string, lastLines: readonly string[] = []): StartError {
  return new StartError('unrestartable', message, 3, lastLines);
}

export const fine: Integrity = { ok: true, method: 'PRAGMA integrity_check', lines: [] };

export function recovered(parts: Partial<Recovery> = {}): Recovery {
  const read: Completion = { type: 'ok', value: [] };
  return { failures: [], started: true, read, integrity: fine, ...parts };
}
