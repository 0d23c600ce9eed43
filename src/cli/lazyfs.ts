/**
 * `powercut lazyfs MOUNT …`: stands in for LazyFS, with LazyFS's own arguments; `powercut lazyfs install DIR` lays out the
 * folder that its users expect.
 */
import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { enterOwnMounts, mayMount } from '../machine/own-mounts.ts';
import { parseConfig } from '../mount/lazyfs/config.ts';
import { installLazyFs } from '../mount/lazyfs/install.ts';
import { runLazyFs } from '../mount/lazyfs/lazyfs-process.ts';
import { rootDirectory } from '../mount/root/root-directory.ts';
import { UsageError } from './errors.ts';
import { requireMounting } from './examination.ts';
import { exitCodes, type End } from './exit-codes.ts';
import { capacityFlag, maxSeed, profileFlag, repeatableFlag, wholeFlag } from './flags.ts';
import { printLine, tell } from './output.ts';

interface Flags {
  readonly configPath: string;
  readonly o?: readonly string[];
  readonly f?: true;
  readonly profile: string;
  readonly seed?: number;
  readonly jsonLog?: string;
  readonly capacity?: number;
}

const executable = fileURLToPath(new URL('./main.js', import.meta.url));

export function addLazyFs(program: Command, end: End): void {
  const lazyfs = program
    .command('lazyfs')
    .summary('stands in for LazyFS: its arguments, configuration, FIFO and log lines')
    .description(
      'Mounts a disk that forgets over a directory of plain files, as LazyFS does, with its arguments, configuration, FIFO ' +
        'and log lines. docs/lazyfs.md says what is the same and what is better.',
    )
    .enablePositionalOptions()
    .argument('<mount>', 'where to mount')
    .option('-c, --config-path <file>', 'the TOML configuration', 'config/default.toml')
    .addOption(repeatableFlag('-o <option>', 'as of FUSE; -o subdir=ROOT names the root directory'))
    .option('-f', 'stay in the foreground; otherwise a daemon serves on')
    .option('-s', 'accepted and without effect')
    .option('-d', 'accepted and without effect')
    .addOption(profileFlag('lazyfs'))
    .addOption(capacityFlag())
    .addOption(wholeFlag('--seed', 'of random choices', 0, maxSeed))
    .option('--json-log <file>', 'a log of our own, one JSON object a line')
    .action(async (mount: string, flags: Flags) => {
      end(await mountLazyFs(mount, flags));
    });
  lazyfs
    .command('install')
    .summary('lay out the folder that Jepsen expects LazyFS in')
    .argument('<directory>', 'a new directory, such as /opt/jepsen/lazyfs')
    .action((directory: string) => {
      for (const line of installLazyFs(directory, [process.execPath, executable])) printLine(line);
      end(exitCodes.valid);
    });
}

async function mountLazyFs(mount: string, flags: Flags): Promise<number> {
  const { configPath, profile, jsonLog: jsonFile, capacity: capacityBytes } = flags;
  const named = subdirectoryOf(flags.o ?? []);
  const root = rootDirectory(named, mount);
  const mountPoint = realMountPoint(mount);
  const { config, warnings } = parseConfig(readConfig(configPath), configPath);
  requireMounting();
  if (!mayMount()) return enterOwnMounts();
  if (flags.f !== true) return daemonize();
  process.title = 'lazyfs';
  const seed = flags.seed ?? Date.now() % maxSeed;
  return runLazyFs({
    ...{
      mountPoint,
      root,
      shownRoot: resolve(named),
      profile,
      config,
      configPath,
      warnings,
      seed,
      jsonFile,
      capacityBytes,
    },
    onMounted: () => process.send?.('mounted'),
  });
}

/** As libfuse: the command ends when the mount works, and a process of its own goes on. */
async function daemonize(): Promise<number> {
  const daemon = spawn(process.execPath, [executable, ...process.argv.slice(2), '-f'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  daemon.stderr?.on('data', (text: Buffer) => tell(text.toString().trimEnd()));
  const code = await new Promise<number>((resolve) => {
    daemon.once('message', () => resolve(exitCodes.valid));
    daemon.once('exit', (exitCode) => resolve(exitCode ?? exitCodes.unavailable));
    daemon.once('error', (error) => {
      tell(`powercut: ${error.message}`);
      resolve(exitCodes.unavailable);
    });
  });
  daemon.disconnect();
  daemon.unref();
  return code;
}

function subdirectoryOf(options: readonly string[]): string {
  const all = options.flatMap((option) => option.split(','));
  const subdirectory = all.findLast((option) => option.startsWith('subdir='))?.slice('subdir='.length);
  if (subdirectory === undefined || subdirectory === '')
    throw new UsageError('the root directory is missing: name it with -o modules=subdir -o subdir=ROOT');
  return subdirectory;
}

function realMountPoint(mount: string): string {
  try {
    return realpathSync(mount);
  } catch {
    throw new UsageError(
      `the mount point ${mount} does not exist, or is a dead mount: create it, or umount it first`,
    );
  }
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UsageError(`the configuration ${path} cannot be read (${code}): name it with --config-path`, {
      cause: error,
    });
  }
}
