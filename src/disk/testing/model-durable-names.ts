/**
 * The naive disk: names that become durable. Told twice: by the rules, which say what becomes durable with the names that
 * a barrier asked for; and by what they are for, which is that no rename and no move is ever torn.
 */
import {
  copyTree,
  namedIn,
  reachable,
  rootIno,
  wheresIn,
  type DurableTree,
  type Entry,
  type Model,
  type Where,
} from './model.ts';

type Named = Where & Entry;

/** Makes these names durable as they are now, with all that atomicity demands. */
export function persist(model: Model, wheres: readonly Where[]): void {
  const chosen = [...wheres];
  for (const where of chosen) {
    const more = demands(model, where).filter((each) => !includes(chosen, each));
    chosen.push(...more);
  }
  const before = model.durable;
  model.durable = withNames(model, chosen);
  const torn = linksOf(model).filter((named) => isTorn(model, before, named));
  if (torn.length > 0) throw new Error(`torn by the rules: ${JSON.stringify(torn)}`);
}

/** What has to be durable with this name. What a cut can find is judged by the durable tree as it was. */
function demands(model: Model, { dir, name }: Where): Where[] {
  const kept = model.durable.get(dir)?.entries.get(name);
  const now = model.volatile.get(dir)?.entries.get(name);
  if (kept?.ino === now?.ino) return [];
  const found = reachable(model.durable);
  const demanded: Where[] = [];
  for (const [link, step] of kept?.links ?? []) {
    // A rename carried this link away from here: its present place, unless a later one than this is durable.
    const present = linksOf(model).find((named) => named.link === link);
    if (present === undefined) continue;
    const later = placesOf(model.durable, link).filter((place) => place.step > step);
    if (later.some((place) => !found.has(dir) || found.has(place.dir))) continue;
    demanded.push(present);
    if (found.has(dir)) demanded.push(...wayTo(model, present.dir, found));
  }
  // A removed directory was empty, and all its names had gone where they went.
  if (kept !== undefined && model.wheres(kept.ino).length === 0)
    demanded.push(...model.changedNames(kept.ino).map((each) => ({ dir: kept.ino, name: each })));
  // A directory that can be found can be found where it moved, by the present way.
  const movesDirectory = now !== undefined && model.volatile.get(now.ino)!.kind === 'directory';
  if (movesDirectory && found.has(now.ino)) demanded.push(...wayTo(model, dir, new Set([rootIno])));
  return demanded;
}

/** The names that lead to a directory, from where a cut finds it. */
function wayTo(model: Model, dir: number, found: ReadonlySet<number>): Where[] {
  if (found.has(dir)) return [];
  const [where] = model.wheres(dir);
  return where === undefined ? [] : [where, ...wayTo(model, where.dir, found)];
}

function includes(wheres: readonly Where[], { dir, name }: Where): boolean {
  return wheres.some((where) => where.dir === dir && where.name === name);
}

function linksOf(model: Model): Named[] {
  return [...model.volatile].flatMap(([dir, { entries }]) =>
    [...entries].map(([name, entry]) => ({ dir, name, ...entry })),
  );
}

function placesOf(tree: DurableTree, link: number): (Where & { readonly step: number })[] {
  return [...tree].flatMap(([dir, { entries }]) =>
    [...entries].flatMap(([name, { links }]) => {
      const step = links.get(link);
      return step === undefined ? [] : [{ dir, name, step }];
    }),
  );
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
    const past = names.filter((where) => !includes(model.wheres(ino), where));
    if (names.length > 1) for (const { dir, name } of past) tree.get(dir)!.entries.delete(name);
  }
  // What is durably in a directory that nothing names is gone.
  for (let lost = nameless(model, tree); lost.length > 0; lost = nameless(model, tree))
    for (const ino of lost) tree.get(ino)!.entries.clear();
  return tree;
}

function nameless(model: Model, tree: DurableTree): number[] {
  const named = new Set([rootIno, ...namedIn(model.volatile), ...namedIn(tree)]);
  return [...tree.values()]
    .filter(({ ino, entries }) => !named.has(ino) && entries.size > 0)
    .map(({ ino }) => ino);
}

/** A link goes back to an earlier name or to none; or a cut could find it and no longer can. */
function isTorn(model: Model, before: DurableTree, { link }: Named): boolean {
  const latest = (tree: DurableTree, found: ReadonlySet<number>) =>
    Math.max(-1, ...placesOf(tree, link).map(({ dir, step }) => (found.has(dir) ? step : -1)));
  const after = model.durable;
  const everywhere = new Set(model.volatile.keys());
  return (
    latest(after, everywhere) < latest(before, everywhere) ||
    latest(after, reachable(after)) < latest(before, reachable(before))
  );
}
