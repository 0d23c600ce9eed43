/** What a cut keeps, in the words of the command line: `lose-all`, `random:7`, `drop:12,14`, `torn:12:0,3`. Pure. */
import type { Selection } from './control.ts';

/** `random` without a seed: whoever cuts draws one. */
export type CutChoice = Selection | 'random';

export function formatChoice(selection: CutChoice): string {
  if (typeof selection === 'string') return selection;
  switch (selection.kind) {
    case 'random':
      return `random:${selection.seed}`;
    case 'prefix':
      return `prefix:${selection.op}`;
    case 'drop':
    case 'keep':
      return `${selection.kind}:${selection.ops.join(',')}`;
    case 'torn':
      return `torn:${selection.op}:${selection.sectors.join(',')}`;
  }
}
