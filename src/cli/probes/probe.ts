/** A probe: one thing that this computer has or lacks. Probes look and never change anything. Pure data. */
export interface Probe {
  /** What was looked for: `/dev/fuse`, `postgres`. */
  readonly name: string;
  readonly ok: boolean;
  /** Without it the default test cannot run. */
  readonly required: boolean;
  /** What was found, or what is wrong: a version, a path, an amount. */
  readonly found: string;
  /** What to do when it is missing: a command or a Debian package. */
  readonly help?: string;
}

/** Name, verdict and findings in one go; `help` matters only where something is missing. */
export function probe(
  name: string,
  required: boolean,
  result:
    | { readonly ok: true; readonly found: string }
    | { readonly ok: false; readonly found: string; readonly help: string },
): Probe {
  return { name, required, ...result };
}
