/**
 * `powercut mount DIR`: just the disk, in the foreground. Not in a box: the mount is for the user to see. Without root it is
 * mounted in a namespace that the user's shells can enter.
 */
import type { Command } from 'commander';
import { enterOwnMounts, mayMount } from '../machine/own-mounts.ts';
import type { WriteMode } from '../fuse/session.ts';
import { mountForeground } from '../mount/foreground.ts';
import { requireMounting } from './examination.ts';
import { rootDirectory } from '../mount/root/root-directory.ts';
import { UsageError } from './errors.ts';
import type { End } from './exit-codes.ts';
import { capacityFlag, memoryFlag, pinFlag, profileFlag, roomOf, writesFlag } from './flags.ts';
import type { RoomFlags } from './flags.ts';
import { unsyncedLines } from './unsynced-lines.ts';

interface Flags extends RoomFlags {
  readonly profile: string;
  readonly writes: WriteMode;
  readonly pin: readonly string[];
  readonly root?: string;
}

export function addMount(program: Command, end: End): void {
  program
    .command('mount')
    .summary('just the disk, in the foreground; Ctrl-C unmounts')
    .description(
      'Mounts a disk that forgets at an empty directory and serves it until Ctrl-C, which loses everything on it, or with ' +
        '--root what is un-synced. ' +
        'Ask it things with `powercut disk DIR`.',
    )
    .argument('<directory>', 'an empty directory')
    .addOption(profileFlag('strict'))
    .addOption(writesFlag())
    .addOption(pinFlag())
    .addOption(capacityFlag())
    .addOption(memoryFlag())
    .option(
      '--root <directory>',
      'keep the durable state there as plain files; what the directory holds is the disk',
    )
    .action(async (directory: string, flags: Flags) => {
      requireMounting();
      if (!mayMount()) {
        end(await enterOwnMounts());
        return;
      }
      const { profile, writes, pin: pins } = flags;
      if (flags.root !== undefined && pins.length > 0)
        throw new UsageError('--pin and --root do not go together: name one of them');
      const root = flags.root === undefined ? {} : { root: rootDirectory(flags.root, directory) };
      end(
        await mountForeground({
          directory,
          profile,
          pins,
          writes,
          describe: unsyncedLines,
          ...roomOf(flags),
          ...root,
        }),
      );
    });
}
