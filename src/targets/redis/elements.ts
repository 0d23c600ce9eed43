/** How elements are stored: one hash, the element as its field, its text as the value. */
import { needleOf } from '../needle.ts';
import type { Reply } from './session.ts';

const key = 'elements';

export const askAll = ['HGETALL', key];
export const askElements = ['HKEYS', key];
/** What a started server must answer: it has loaded everything, or says that it has not. */
export const askAny = ['HLEN', key];

export function addCommand(workload: string, value: unknown): string[] {
  return ['HSETNX', key, String(value), needleOf(workload, value)];
}

export function elementsOf(reply: Reply): number[] {
  return textsOf(reply).map(Number);
}

/** Fields whose value was never written there, in sentences. */
export function wrongTags(all: Reply, workload: string): string[] {
  const texts = textsOf(all);
  const wrong: string[] = [];
  for (let index = 0; index < texts.length; index += 2) {
    const [value, tag] = [texts[index], texts[index + 1]];
    if (tag !== needleOf(workload, value)) wrong.push(`element ${value} has the tag ${JSON.stringify(tag)}`);
  }
  return wrong;
}

function textsOf(reply: Reply): string[] {
  if (!Array.isArray(reply)) throw new Error(`Redis answered ${JSON.stringify(reply)} instead of a list`);
  return (reply as readonly Reply[]).map(String);
}
