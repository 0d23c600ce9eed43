/** `powercut doctor`: what this computer has and lacks, and what would help. */
import type { Command } from 'commander';
import { testDefaults } from '../run/options.ts';
import { examine } from './examination.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { printJson, printLine, table } from './output.ts';
import type { Probe } from './probes/probe.ts';

export function addDoctor(program: Command, end: End): void {
  program
    .command('doctor')
    .summary('what this computer has and lacks: /dev/fuse, privileges, tools, servers')
    .description(
      'Looks at what powercut needs and says what helps where something is missing. ' +
        'Exits 0 when the default test can run, 255 otherwise.',
    )
    .option('--store <directory>', 'where runs will be stored', testDefaults.store)
    .option('--json', 'print one JSON object: {ready, probes}')
    .action(async ({ store, json }: { store: string; json?: true }) => {
      const examination = await examine(store);
      if (json) printJson(examination);
      else for (const line of describe(examination.probes, examination.ready)) printLine(line);
      end(examination.ready ? exitCodes.valid : exitCodes.unavailable);
    });
}

function describe(probes: readonly Probe[], ready: boolean): string[] {
  const rows = probes.map(({ ok, required, name, found, help }) => {
    const verdict = ok ? 'ok' : required ? 'MISSING' : 'missing';
    return [verdict, name, ok || help === undefined ? found : `${found}: ${help}`];
  });
  const verdict = ready
    ? 'Ready: `npx powercut test` can run.'
    : 'Not ready: what is MISSING above keeps `npx powercut test` from running.';
  return [...table(rows), '', verdict];
}
