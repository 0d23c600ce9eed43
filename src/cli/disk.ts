/** `powercut disk DIR REQUEST`: asks a running disk, or does something to it. */
import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { cutDisk } from '../machine/cut.ts';
import { connectDisk } from '../mount/connect-disk.ts';
import type { DiskControl, Loss, Selection } from '../mount/control.ts';
import { formatChoice, type CutChoice } from '../mount/selection.ts';
import { formatCount, formatSize, plural } from '../report/format.ts';
import { testDefaults } from '../run/options.ts';
import { UsageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { maxSeed } from './flags.ts';
import { imageFlag } from './image-flag.ts';
import { printJson, printLine, table } from './output.ts';
import { unknownName } from './suggest.ts';
import { unsyncedLines } from './unsynced-lines.ts';

/** Each gives its JSON and its lines for people. */
interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
}

interface Flags {
  readonly json?: true;
  readonly image: CutChoice;
}

const requests: Readonly<Record<string, (disk: DiskControl, flags: Flags) => Promise<Answer>>> = {
  async report(disk) {
    const report = await disk.request('report');
    return { json: report, lines: unsyncedLines(report) };
  },
  async cut(disk, { image }) {
    const choice: Selection = image === 'random' ? { kind: 'random', seed: randomInt(maxSeed + 1) } : image;
    const how = image === 'lose-all' ? '' : ` (${formatChoice(choice)})`;
    return lost({ choice: formatChoice(choice), ...(await cut(disk, choice)) }, `the power was cut${how}`);
  },
  async checkpoint(disk) {
    const reply = await disk.request('checkpoint');
    return {
      json: reply,
      lines: [`everything is durable now: ${formatSize(reply.sizeBytes)} were not`],
    };
  },
  async 'lose-unsynced'(disk) {
    await disk.request('lose-unsynced');
    return lost(await disk.request('loss'), 'un-synced data was dropped under the living programs');
  },
  async stats(disk) {
    const stats = await disk.request('stats');
    return {
      json: stats,
      lines: table(Object.entries(stats).map(([name, value]) => [name, String(value)])),
    };
  },
};

export function addDisk(program: Command, end: End): void {
  program
    .command('disk')
    .summary('ask a running disk: report, cut, checkpoint, stats, lose-unsynced')
    .description(
      'Asks the disk that `powercut mount` serves at a directory.\n\n' +
        '  report         what is un-synced: what a cut now would lose\n' +
        '  cut            cuts the power: programs with files open there get errors,\n' +
        '                 and what was not durable is gone, or what --image says of it\n' +
        '  checkpoint     makes everything durable\n' +
        '  lose-unsynced  drops un-synced data, programs live on, names stay\n' +
        '  stats          counts of ops, barriers, files, bytes',
    )
    .argument('<directory>', 'where the disk is mounted')
    .argument('<request>', Object.keys(requests).join(', '))
    .addOption(imageFlag())
    .option('--json', 'print the answer as one JSON object')
    .action(async (directory: string, name: string, flags: Flags) => {
      const request = Object.hasOwn(requests, name) ? requests[name] : undefined;
      if (request === undefined) throw unknownName('request', name, Object.keys(requests));
      if (flags.image !== testDefaults.image && name !== 'cut')
        throw new UsageError(`--image goes with \`cut\`: ${name} keeps nothing back`);
      const disk = await connectDisk(directory);
      try {
        const answer = await request(disk, flags);
        if (flags.json) printJson(answer.json);
        else for (const line of answer.lines) printLine(line);
        end(exitCodes.valid);
      } finally {
        await disk.close();
      }
    });
}

/** The cut of a mount whose programs are not ours to kill: they get errors until the disk is back. */
async function cut(disk: DiskControl, choice: Selection): Promise<Loss & { readonly image: number }> {
  await disk.request('freeze', { trigger: { at: 'now' } });
  const { image } = await cutDisk(disk, choice).catch(async (error: unknown) => {
    await disk.request('thaw');
    throw error;
  });
  const loss = await disk.request('loss');
  await disk.request('drop-image', { image });
  await disk.request('fail');
  await disk.request('unmount');
  await disk.request('mount');
  return { ...loss, image };
}

function lost(loss: Loss & { readonly choice?: string }, what: string): Answer {
  const { files, sizeBytes, opCount } = loss;
  const lines = unsyncedLines({ timeMs: loss.timeMs, sizeBytes, files }).slice(1);
  return {
    json: loss,
    lines: [
      `${what}: ${formatCount(opCount)} ops, ${formatSize(sizeBytes)} of data in ${plural(files.length, 'file')} are gone`,
      ...lines,
    ],
  };
}
