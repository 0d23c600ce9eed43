/** The end of a server that must not go on: one sentence on stderr, and nothing more is promised. */
export function die(sentence: string): never {
  console.error(`clogdb: ${sentence}`);
  process.exit(1);
}
