/** A made-up run, whole: results whose figures are those of its history, and what the page wants besides. */
import type { HistoryOp } from '../../checkers/history.ts';
import type { PageInput } from '../page/page.ts';
import { sampleHistory } from './sample-history.ts';
import { sampleResults } from './sample-results.ts';

export function sampleRun(): Required<PageInput> {
  const record = sampleHistory();
  return { results: sampleResults({ ops: counted(record.history) }), ...record, logs: sampleLogs() };
}

function counted(history: readonly HistoryOp[]): ReturnType<typeof sampleResults>['ops'] {
  const clientOps = history.filter(({ process }) => process !== 'nemesis');
  const count = (type: HistoryOp['type']) => clientOps.filter((op) => op.type === type).length;
  return { invoked: count('invoke'), ok: count('ok'), fail: count('fail'), info: count('info') };
}

function sampleLogs(): Required<PageInput>['logs'] {
  const lines = Array.from({ length: 260 }, (_, at) => {
    const second = String(Math.floor(at / 13)).padStart(2, '0');
    return `2025-03-04 10:15:${second}.${at * 3} UTC [${61 + (at % 5)}] LOG:  checkpoint complete: wrote ${at % 17} buffers`;
  });
  return [{ name: 'postgres.log', lines }];
}
