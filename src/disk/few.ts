/**
 * None, one or several of something, for lists of which there are many and that nearly always hold one: one stands by itself
 * and takes no array. Never changed in place.
 */
export type Few<Kind extends object> = Kind | readonly Kind[] | undefined;

const nothing: readonly never[] = [];

export function listOf<Kind extends object>(few: Few<Kind>): readonly Kind[] {
  if (few === undefined) return nothing;
  return isList(few) ? few : [few];
}

export function fewOf<Kind extends object>(list: readonly Kind[]): Few<Kind> {
  return list.length > 1 ? list : list[0];
}

export function countOf(few: Few<object>): number {
  if (few === undefined) return 0;
  return isList(few) ? few.length : 1;
}

export function firstOf<Kind extends object>(few: Few<Kind>): Kind | undefined {
  return few !== undefined && isList(few) ? few[0] : few;
}

export function lastOf<Kind extends object>(few: Few<Kind>): Kind | undefined {
  return few !== undefined && isList(few) ? few[few.length - 1] : few;
}

function isList<Kind extends object>(few: Kind | readonly Kind[]): few is readonly Kind[] {
  return Array.isArray(few);
}
