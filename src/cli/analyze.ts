/** `powercut analyze`: checks a stored history again, without running anything. */
import type { Command } from 'commander';
import { renderJson } from '../report/json.ts';
import { renderScreen } from '../report/screen.ts';
import { terminalOf } from '../report/terminal.ts';
import { analyzeStore } from '../run/analyze.ts';
import { requireDirectory } from './directories.ts';
import { exitCodeOfVerdict } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { tell } from './output.ts';

export function addAnalyze(program: Command, end: End): void {
  program
    .command('analyze')
    .summary('check a stored history again, without running anything')
    .description(
      'Lets the checkers of this powercut judge a stored run again. Its exit code is that of `powercut test`.',
    )
    .argument('<store>', 'directory of a run: store/latest')
    .option('--json', 'print the results as one JSON object')
    .action((directory: string, { json }: { readonly json?: true }) => {
      const { results, differences } = analyzeStore(requireDirectory(directory, 'analyze'));
      for (const difference of differences) tell(`differs from results.json: ${difference}`);
      const terminal = terminalOf(process.stdout, process.env);
      process.stdout.write(json ? renderJson(results) : renderScreen(results, terminal));
      end(exitCodeOfVerdict(results.valid));
    });
}
