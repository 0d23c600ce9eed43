/** Commands that mount run in a box: the same command line once more, inside namespaces that die with it. */
import { enterBox, inBox } from '../machine/box.ts';
import { requireMounting } from './examination.ts';

/** Gives the exit code of `work`, which is done by the inner powercut; the outer one only waits for it. */
export async function boxed(work: () => Promise<number>): Promise<number> {
  if (inBox()) return work();
  requireMounting();
  return enterBox();
}
