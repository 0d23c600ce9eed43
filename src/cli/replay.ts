/** `powercut replay`: boots the crash image of a finding again and checks it again. */
import type { Command } from 'commander';
import { lastWords } from '../report/last-words.ts';
import { asSentence } from '../report/verdict.ts';
import { replayFinding } from '../run/replay.ts';
import type { Replay } from '../run/replay.ts';
import { boxed } from './boxed.ts';
import { requireDirectory } from './directories.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { printJson, printLine } from './output.ts';

/** Of the target's own words in a line; the rest is wrapped. */
const columns = 110;

export function addReplay(program: Command, end: End): void {
  program
    .command('replay')
    .summary('boot the crash image of a finding again, and check it again')
    .description(
      'Boots a copy of the crash image that a finding kept and checks it again. ' +
        'Exits 1 when it shows a broken promise again, 0 when it does not.',
    )
    .argument('<finding>', 'directory of a finding: store/latest/findings/1')
    .option('--json', 'print one JSON object: {reproduced, finding, found, notes}')
    .action(async (directory: string, { json }: { readonly json?: true }) => {
      const finding = requireDirectory(directory, 'replay');
      end(
        await boxed(async () => {
          const replay = await replayFinding(finding);
          const { reproduced, found, notes } = replay;
          if (json)
            printJson({
              reproduced,
              finding: replay.finding,
              found,
              notes,
            });
          else for (const line of describe(replay)) printLine(line);
          return found.length > 0 ? exitCodes.invalid : exitCodes.valid;
        }),
      );
    });
}

function describe({ finding, found, reproduced, notes }: Replay): string[] {
  const verdict = reproduced
    ? `Finding ${String(finding.number)} (${finding.class}) shows again.`
    : `Finding ${String(finding.number)} (${finding.class}) does not show again.`;
  return [
    verdict,
    ...found.flatMap((one) => [
      `  ${one.class}: ${asSentence(one.message)}`,
      ...one.evidence.sentences.map((sentence) => `    ${asSentence(sentence)}`),
      ...saidBy(one),
    ]),
    ...notes.map((note) => `  note: ${asSentence(note)}`),
  ];
}

function saidBy({ evidence }: Replay['found'][number]): string[] {
  const rows = lastWords(evidence.log, columns);
  return rows.length === 0 ? [] : ['    Its last words:', ...rows.map((row) => `      ${row}`)];
}
