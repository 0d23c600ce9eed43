/**
 * The command line as a whole: which commands there are, and how each ends. It parses and hands over; what a command does is
 * in its own file, and what the commands do lies in the layers below.
 */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../run/version.ts';
import { addAnalyze } from './analyze.ts';
import { addDisk } from './disk.ts';
import { addDoctor } from './doctor.ts';
import { UsageError, endingOf } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import type { End } from './exit-codes.ts';
import { addLazyFs } from './lazyfs.ts';
import { addList } from './list.ts';
import { addLitmus } from './litmus.ts';
import { addMount } from './mount.ts';
import { tell, tolerateClosedPipes } from './output.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addTest } from './test.ts';

/** Runs the command that `words` ask for and gives its exit code. Never rejects. */
export async function main(words: readonly string[]): Promise<number> {
  tolerateClosedPipes();
  // What nobody caught ends the process with a sentence too. A box that ends so takes its mounts and processes along.
  process.on('uncaughtException', (error) => process.exit(endOfError(error, words)));
  let exitCode: number = exitCodes.valid;
  try {
    await build((code) => (exitCode = code)).parseAsync(words, {
      from: 'user',
    });
    return exitCode;
  } catch (error) {
    return error instanceof CommanderError ? endOfParsing(error) : endOfError(error, words);
  }
}

function build(end: End): Command {
  const program = new Command('powercut')
    .description('Pull the plug on a database, and see what it loses.')
    .version(packageVersion())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', exitCodesHelp);
  for (const add of [
    addTest,
    addRun,
    addMount,
    addDisk,
    addLazyFs,
    addReplay,
    addAnalyze,
    addLitmus,
    addList,
    addDoctor,
  ]) {
    add(program, end);
  }
  for (const command of program.commands) {
    // Settings of the program reach commands that were added by `command()`; a last look keeps a new one from being forgotten.
    command.exitOverride().configureOutput({ outputError: () => undefined });
    command.option('--debug', 'show the stack of an error');
  }
  return program;
}

/** Help and version end well; everything else that commander says is about a wrong command line. */
function endOfParsing(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.valid;
  // Called without a command, commander has printed the help on stderr: that says it all, but it is no success.
  if (error.code === 'commander.help') return exitCodes.usage;
  const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return endOfError(new UsageError(`${said}; see \`powercut --help\``), []);
}

function endOfError(error: unknown, words: readonly string[]): number {
  const { exitCode, sentence, stack } = endingOf(error);
  const separator = words.indexOf('--');
  const own = separator === -1 ? words : words.slice(0, separator);
  tell(`powercut: ${sentence}`);
  if (own.includes('--debug') && exitCode !== exitCodes.usage) tell(stack);
  return exitCode;
}

const exitCodesHelp = `
Exit codes:
  0    every promise was kept
  1    a promise was broken
  2    unknown: the run tested nothing, or a checker reached its bound
  254  the command line is wrong
  255  this machine cannot, or powercut itself failed`;
