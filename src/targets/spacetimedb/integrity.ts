/**
 * SpacetimeDB has no integrity check that could be asked for: it checks its commit log and snapshots by their checksums as it
 * replays them. What is asked here is whether what it serves agrees with itself: each row with its own tag, the number of
 * rows with the server's count, and that no sequence number came twice.
 */
import { needleOf } from '../needle.ts';
import type { Integrity } from '../target.ts';
import type { Database, Element } from './database.ts';

const timeoutMs = 120_000;
const maxLines = 20;
const method = 'the tag of every row, their count and their sequence numbers';

export async function checkIntegrity(database: Database, workload: string): Promise<Integrity> {
  const lines: string[] = [];
  try {
    const elements = await database.elements(timeoutMs);
    const { rows } = await database.sql('SELECT COUNT(*) AS n FROM elements', timeoutMs);
    const count = Number(rows[0]?.[0]);
    if (count !== elements.length) lines.push(`SELECT returns ${elements.length} rows, COUNT(*) is ${count}`);
    lines.push(...wrongTags(elements, workload), ...repeated(elements));
  } catch (error) {
    lines.push(error instanceof Error ? error.message : String(error));
  }
  return { ok: lines.length === 0, method, lines: lines.slice(0, maxLines) };
}

function wrongTags(elements: readonly Element[], workload: string): string[] {
  return elements
    .filter(({ value, tag }) => tag !== needleOf(workload, value))
    .map(({ value, tag }) => `row ${value} has the tag ${JSON.stringify(tag)}`);
}

function repeated(elements: readonly Element[]): string[] {
  return elements
    .filter(({ seq }, index) => index > 0 && seq === elements[index - 1]?.seq)
    .map(({ seq }) => `the sequence number ${seq} came more than once`);
}
