/**
 * What the user asked of the target makes no sense: an unknown setting, a value that the program refuses, a driver that is
 * not there. The message is a whole sentence for a user; the command line maps the name to its exit code.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
