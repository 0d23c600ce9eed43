/** JSON of an object with long lists in it, in pieces that are short work each. */
import type { Steps } from './steps.ts';

const itemsPerPiece = 256;

/** What it yields, and then what it returns, is the JSON of the object. */
export function* jsonInPieces(object: object): Steps<{ readonly text: string }> {
  let before = '{';
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    before += `${JSON.stringify(key)}:`;
    if (Array.isArray(value) && value.length > itemsPerPiece) {
      for (let index = 0; index < value.length; index += itemsPerPiece) {
        yield `${before}${index === 0 ? '[' : ''}${JSON.stringify(value.slice(index, index + itemsPerPiece)).slice(1, -1)}`;
        before = ',';
      }
      before = '],';
    } else {
      before += `${JSON.stringify(value)},`;
    }
  }
  return { text: before === '{' ? '{}' : `${before.slice(0, -1)}}` };
}
