/** `powercut run -- CMD`: any command on a disk that forgets, and what it left un-synced. */
import { constants } from 'node:os';
import { accessSync, statSync, constants as fileConstants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Command } from 'commander';
import { runCommand } from '../run/command.ts';
import type { CommandOutcome } from '../run/command.ts';
import { unheardSyncs } from '../run/unheard-syncs.ts';
import type { WriteMode } from '../fuse/session.ts';
import { boxed } from './boxed.ts';
import { requireDirectory, requireEmptyOrAbsent } from './directories.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { capacityFlag, memoryFlag, pinFlag, profileFlag, roomOf, writesFlag } from './flags.ts';
import type { RoomFlags } from './flags.ts';
import { printJson, tell } from './output.ts';
import { unsyncedLines } from './unsynced-lines.ts';
import { chooseUser } from './user.ts';

interface Flags extends RoomFlags {
  readonly profile: string;
  readonly writes: WriteMode;
  readonly pin: readonly string[];
  readonly user?: string;
  readonly from?: string;
  readonly keep?: string;
  readonly json?: true;
}

/** As shells and env(1) say it. */
const notFound = 127;

export function addRun(program: Command, end: End): void {
  program
    .command('run')
    .summary('any command on a disk that forgets, and what it left un-synced')
    .description(
      'Runs a command in the root directory of an empty disk, exits with its code, and says on stderr what it left un-synced: ' +
        'what a power cut at its end would have taken.',
    )
    .argument('<command>', 'a program; its own options follow it')
    .argument('[arguments...]')
    .passThroughOptions()
    .addOption(profileFlag('strict'))
    .addOption(writesFlag())
    .addOption(pinFlag())
    .addOption(capacityFlag())
    .addOption(memoryFlag())
    .option('--user <name>', 'run it as this user (default: who called; under sudo, who called sudo)')
    .option('--from <directory>', 'start with a copy of this directory on the disk, all of it durable')
    .option('--keep <directory>', 'write what a power cut at the end would leave into this empty directory')
    .option(
      '--json',
      "print the report as one JSON object on stdout; the command's own stdout goes to stderr",
    )
    .action(async (command: string, words: string[], flags: Flags) => {
      const user = chooseUser(flags.user);
      const from = flags.from === undefined ? {} : { from: requireDirectory(flags.from, '--from') };
      const keep = flags.keep === undefined ? {} : { keep: requireEmptyOrAbsent(flags.keep, '--keep') };
      if (!isThere(command)) {
        tell(`powercut: cannot run ${command}: no such program on PATH`);
        end(notFound);
        return;
      }
      end(
        await boxed(async () => {
          const outcome = await runCommand({
            command,
            arguments: words,
            profile: flags.profile,
            pins: flags.pin,
            writes: flags.writes,
            user,
            env: environmentOf(user.home),
            stdout: flags.json ? 2 : 1,
            room: roomOf(flags),
            ...from,
            ...keep,
          });
          if (flags.json) printJson(outcome);
          else {
            const unheard = unheardSyncs(outcome.syncCalls).map((sentence) => `  note: ${sentence}`);
            tell(`powercut: ${[...unsyncedLines(outcome.unsynced), ...unheard].join('\n')}`);
          }
          return exitCodeOf(outcome);
        }),
      );
    });
}

function exitCodeOf({ exit }: CommandOutcome): number {
  if (exit.code !== null) return exit.code;
  const number = constants.signals[exit.signal as NodeJS.Signals] as number | undefined;
  return number === undefined ? exitCodes.unavailable : 128 + number;
}

/** The caller's environment: CMD is the caller's own command line. */
function environmentOf(home: string): Record<string, string> {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'POWERCUT_BOX',
  );
  return { TMPDIR: '/tmp', ...Object.fromEntries(own), HOME: home };
}

/** A name with a slash may be on the disk, which is not there yet: it is for the disk to say. */
function isThere(command: string): boolean {
  if (command.includes('/')) return true;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((directory) => isProgram(join(directory, command)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, fileConstants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
