/** Places: where an inode has a name, a directory and an entry in it. Pure data. */

export interface Place {
  /** Inode of the directory. */
  readonly parent: number;
  /** The name, as a binary string. */
  readonly name: string;
}

/** A place in the volatile face. Renames move it; it stays the same link. */
export interface Link extends Place {
  /**
   * Names that are still durable and that renames carried this link away from, oldest first. rename(2) is atomic: none of
   * them may be lost before a later one, or the present place, is durable.
   */
  readonly left?: readonly Place[];
}

export const nowhere: readonly never[] = [];

export function isSamePlace(a: Place, b: Place): boolean {
  return a.parent === b.parent && a.name === b.name;
}

export function without<Kind extends Place>(places: readonly Kind[], place: Place): readonly Kind[] {
  if (places.length === 1) return isSamePlace(places[0]!, place) ? nowhere : places;
  return places.filter((each) => !isSamePlace(each, place));
}
