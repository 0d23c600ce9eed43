/** Versions of SpacetimeDB, and what hangs on them. Pure. */

/** What `--version` prints holds it: `spacetimedb tool version 1.2.0; spacetimedb-lib version 1.2.0;`. */
export function parseVersion(said: string): string | undefined {
  return /\b(\d+\.\d+\.\d+(?:-[\w.]+)?)\b/.exec(said)?.[1];
}

/** 1.2 speaks the HTTP interface that is used here and is tested; from 2.0 on it has confirmed answers. */
export function driven(version: string): boolean {
  return version.startsWith('1.2.') || isTwo(version);
}

/** Answers that wait until their transaction is durable, the PostgreSQL port, questions at a taken port. */
export function isTwo(version: string): boolean {
  return version.startsWith('2.');
}
