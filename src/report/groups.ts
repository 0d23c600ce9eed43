/** Findings gathered for a reader who has one screen: many of one class become one entry, the first of them its example. Pure. */
import type { FindingClass } from '../checkers/finding.ts';
import type { Finding } from './results.ts';

export interface FindingGroup {
  /** The one that is told in full. */
  readonly example: Finding;
  /** How many findings the entry stands for. */
  readonly count: number;
  /** The cuts that showed them, ascending, without doubles. */
  readonly cuts: readonly number[];
}

/** From this many of one class on, the reader is told the first of them and the count. */
const manyOfOneClass = 4;

export function byClass(findings: readonly Finding[]): ReadonlyMap<FindingClass, readonly Finding[]> {
  const classes = new Map<FindingClass, Finding[]>();
  for (const finding of findings) {
    const members = classes.get(finding.class);
    if (members === undefined) classes.set(finding.class, [finding]);
    else members.push(finding);
  }
  return classes;
}

/** In the order of the first of each group. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  const groups: FindingGroup[] = [];
  for (const members of byClass(findings).values()) {
    if (members.length >= manyOfOneClass) groups.push(groupOf(members));
    else groups.push(...members.map((member) => groupOf([member])));
  }
  return groups.toSorted((a, b) => a.example.number - b.example.number);
}

function groupOf(members: readonly Finding[]): FindingGroup {
  const cuts = [...new Set(members.map(({ cut }) => cut))].filter((cut) => cut > 0);
  return { example: members[0]!, count: members.length, cuts: cuts.sort((a, b) => a - b) };
}
