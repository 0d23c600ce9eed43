/** `powercut list`: what there is to choose from. */
import type { Command } from 'commander';
import { catalogue } from './catalogue.ts';
import type { Catalogue, Named } from './catalogue.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { printJson, printLine, table } from './output.ts';

export function addList(program: Command, end: End): void {
  program
    .command('list')
    .summary('targets with their settings, workloads, nemeses, profiles')
    .description('Lists what `powercut test` can be asked for.')
    .option('--json', 'print one JSON object: {targets, workloads, nemeses, profiles}')
    .action(({ json }: { json?: true }) => {
      const all = catalogue();
      if (json) printJson(all);
      else for (const line of describe(all)) printLine(line);
      end(exitCodes.valid);
    });
}

function describe(all: Catalogue): string[] {
  return [
    'Targets (powercut test TARGET --set name=value)',
    ...all.targets.flatMap(describeTarget),
    '  ./driver  a program of your own that speaks the driver protocol (docs/driver-protocol.md)',
    ...section('Workloads (--workload)', all.workloads),
    ...section('Nemeses (--nemesis a,b)', all.nemeses),
    ...section('Profiles (--profile)', all.profiles),
  ];
}

function describeTarget(target: Catalogue['targets'][number]): string[] {
  const settings = target.settings.map(({ name, values, default: usual, about }) => [
    `    ${name}=${usual}`,
    values === undefined ? about : `${about} (${values.join(', ')})`,
  ]);
  const open = target.openSettings ? ['    any other setting is handed through'] : [];
  return [`  ${target.name}  ${target.about}`, ...table(settings), ...open];
}

function section(title: string, entries: readonly Named[]): string[] {
  return ['', title, ...table(entries.map(({ name, about }) => [`  ${name}`, about]))];
}
