/**
 * The text that stands for an element of a set in a target's files. It is the same for every target that stores text beside
 * its values, long enough to be found by chance nowhere else, and no needle is a part of another.
 */
export function needleOf(workload: string, value: unknown): string {
  return `powercut-${workload}-${String(value).padStart(9, '0')};`;
}
