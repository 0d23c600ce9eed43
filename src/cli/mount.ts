/**
 * `powercut mount DIR`: just the disk, in the foreground. Not in a box: the mount is for the user to see. Without root it is
 * mounted in a namespace that the user's shells can enter.
 */
import type { Command } from 'commander';
import { enterOwnMounts, mayMount } from '../machine/own-mounts.ts';
import type { WriteMode } from '../fuse/session.ts';
import { mountForeground } from '../mount/foreground.ts';
import { requireMounting } from './examination.ts';
import type { End } from './exit-codes.ts';
import { capacityFlag, memoryFlag, pinFlag, profileFlag, roomOf, writesFlag } from './flags.ts';
import type { RoomFlags } from './flags.ts';
import { unsyncedLines } from './unsynced-lines.ts';

interface Flags extends RoomFlags {
  readonly profile: string;
  readonly writes: WriteMode;
  readonly pin: readonly string[];
}

export function addMount(program: Command, end: End): void {
  program
    .command('mount')
    .summary('just the disk, in the foreground; Ctrl-C unmounts')
    .description(
      'Mounts a disk that forgets at an empty directory and serves it until Ctrl-C, which loses everything on it. ' +
        'Ask it things with `powercut disk DIR`.',
    )
    .argument('<directory>', 'an empty directory')
    .addOption(profileFlag())
    .addOption(writesFlag())
    .addOption(pinFlag())
    .addOption(capacityFlag())
    .addOption(memoryFlag())
    .action(async (directory: string, flags: Flags) => {
      requireMounting();
      if (!mayMount()) {
        end(await enterOwnMounts());
        return;
      }
      const { profile, writes, pin: pins } = flags;
      end(
        await mountForeground({
          directory,
          profile,
          pins,
          writes,
          describe: unsyncedLines,
          ...roomOf(flags),
        }),
      );
    });
}
