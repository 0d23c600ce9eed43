/**
 * The naive disk: names that become durable. Told by what must never happen rather than by what to do: take the names that
 * the program asked for, look at the durable tree that this would give, and as long as a rename or a move would be torn,
 * take the present names of what it tore too.
 */
import {
  copyTree,
  namedIn,
  reachable,
  rootIno,
  wheresIn,
  type DurableTree,
  type Model,
  type Where,
} from './model.ts';

/** Makes these names durable as they are now, with all that atomicity demands. */
export function persist(model: Model, wheres: readonly Where[]): void {
  const chosen = [...wheres];
  for (;;) {
    const after = withNames(model, chosen);
    const more = torn(model, after).find((demand) => demand.some((where) => !includes(chosen, where)));
    if (more === undefined) {
      model.durable = after;
      return;
    }
    chosen.push(...more);
  }
}

/** The way to a directory, as it is now. */
export function wayTo(model: Model, dir: number): Where[] {
  if (dir === rootIno) return [];
  const [where] = model.wheres(dir);
  return where === undefined ? [] : [...wayTo(model, where.dir), where];
}

function includes(wheres: readonly Where[], { dir, name }: Where): boolean {
  return wheres.some((where) => where.dir === dir && where.name === name);
}

/** The durable tree with these names as they are in the volatile one. */
function withNames(model: Model, chosen: readonly Where[]): DurableTree {
  const tree = copyTree(model.durable);
  for (const { dir, name } of chosen) {
    const now = model.volatile.get(dir)?.entries.get(name);
    const node = tree.get(dir);
    if (node === undefined || now?.ino === node.entries.get(name)?.ino) continue;
    if (now === undefined) node.entries.delete(name);
    else node.entries.set(name, { ino: now.ino, links: new Map([[now.link, now.step]]) });
    // Its directory's times come along.
    const { mtime, ctime } = model.volatile.get(dir)!;
    Object.assign(node, { mtime, ctime });
  }
  // A directory has one name: the newest.
  for (const [ino, { kind }] of tree) {
    const names = kind === 'directory' ? wheresIn(tree, ino) : [];
    for (const where of names) {
      if (names.length > 1 && !model.wheres(ino).some((now) => includes([now], where)))
        tree.get(where.dir)!.entries.delete(where.name);
    }
  }
  // What is durably in a directory that nothing names is gone.
  for (let lost = nameless(model, tree); lost.length > 0; lost = nameless(model, tree))
    for (const ino of lost) tree.get(ino)!.entries.clear();
  return tree;
}

function nameless(model: Model, tree: DurableTree): number[] {
  const named = new Set([...namedIn(model.volatile), ...namedIn(tree)]);
  return [...tree.values()]
    .filter(({ ino, entries }) => ino !== rootIno && !named.has(ino) && entries.size > 0)
    .map(({ ino }) => ino);
}

/** For each link that the new durable tree tears, the names that mend it; the one nearest to the root first. */
function torn(model: Model, after: DurableTree): Where[][] {
  const links = [...model.volatile].flatMap(([dir, { entries }]) =>
    [...entries].map(([name, entry]) => ({ dir, name, ...entry })),
  );
  const before = standing(model.durable);
  const now = standing(after);
  const demands = links.flatMap(({ dir, name, ino, link }) => {
    const was = before.get(link);
    if (was === undefined) return [];
    const is = now.get(link);
    const moved = is?.anywhere !== was.anywhere;
    const isDirectory = model.volatile.get(ino)!.kind === 'directory';
    const names = [{ dir, name }];
    // A rename never goes back to an earlier name, nor to none; and what a cut could find it can find again.
    const isLost = (is?.found ?? -1) < was.found;
    // The way to a directory that moved must be the present one: ways of the past may lead through its old place.
    const isStray = isDirectory && was.found >= 0 && moved;
    if (isLost || isStray) names.push(...wayTo(model, dir));
    else if ((is?.anywhere ?? -1) >= was.anywhere) return [];
    return [{ names, rank: (isLost || isStray ? 0 : 1e6) + was.depth + (isDirectory ? 0 : 0.5) }];
  });
  return demands.sort((a, b) => a.rank - b.rank).map(({ names }) => names);
}

interface Standing {
  /** The latest step of the link that is durable where a cut could find it; -1 for none. */
  readonly found: number;
  /** The latest step that is durable anywhere. */
  readonly anywhere: number;
  /** How far from the root. */
  readonly depth: number;
}

function standing(tree: DurableTree): Map<number, Standing> {
  const found = reachable(tree);
  const standings = new Map<number, Standing>();
  for (const [dir, { entries }] of tree) {
    for (const { links } of entries.values()) {
      for (const [link, step] of links) {
        const other = standings.get(link) ?? { found: -1, anywhere: -1, depth: Infinity };
        standings.set(link, {
          found: Math.max(other.found, found.has(dir) ? step : -1),
          anywhere: Math.max(other.anywhere, step),
          depth: Math.min(other.depth, depthOf(tree, dir)),
        });
      }
    }
  }
  return standings;
}

function depthOf(tree: DurableTree, dir: number): number {
  let depth = 0;
  for (let ino = dir; ino !== rootIno && depth < 100; depth++) {
    const [where] = wheresIn(tree, ino);
    if (where === undefined) return 100;
    ino = where.dir;
  }
  return depth;
}
