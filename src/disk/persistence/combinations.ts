/** Choices that differ from the usual ones in a given number of axes, in order, without building them all. */

export interface Pick<Option> {
  readonly axis: number;
  readonly option: Option;
}

/** Every way to take one option each of `count` different axes; the first axes first. */
export function* combinations<Option>(
  axes: readonly (readonly Option[])[],
  count: number,
  from = 0,
): Generator<readonly Pick<Option>[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let axis = from; axis <= axes.length - count; axis++) {
    for (const option of axes[axis]!) {
      for (const rest of combinations(axes, count - 1, axis + 1)) yield [{ axis, option }, ...rest];
    }
  }
}
