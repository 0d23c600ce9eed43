/**
 * The power cut. The order matters, and each step says why:
 *
 * 1. freeze: from this instant the disk applies nothing, so that what clients hear later cannot have been stored;
 * 2. SIGKILL to every process: none may act on what comes next;
 * 3. fail: those that the frozen disk holds in the kernel get an error, without which not even SIGKILL ends them;
 * 4. wait until all are gone: then the mount has no user;
 * 5. unmount: the kernel's caches go, as memory does without power;
 * 6. cut: the disk becomes its crash image.
 *
 * Every step has a bound. A disk that does not answer loses its mount by force, and the cut fails with a sentence.
 */
import type { Selection, DiskControl, DiskRequests, FreezeTrigger, Frozen } from '../mount/control.ts';
import { UnavailableError, UsageError } from '../mount/mount-errors.ts';
import { formatChoice } from '../mount/selection.ts';
import { within } from './deadline.ts';
import type { CutReport } from './machine.ts';
import type { ProcessTree } from './process-tree.ts';
import { releaseMount } from './release.ts';

/** Answers come in milliseconds; building the image of a big disk takes longer. */
export const answerTimeoutMs = 10_000;
const unmountTimeoutMs = 30_000;
const imageTimeoutMs = 120_000;
const goneTimeoutMs = 10_000;

export async function cutPower(
  disk: DiskControl,
  tree: ProcessTree | undefined,
  trigger: FreezeTrigger,
  choice: Selection,
): Promise<CutReport> {
  try {
    const frozen = await freeze(disk, tree, trigger);
    tree?.kill();
    await ask(disk, 'fail', {});
    await waitUntilGone(disk, tree);
    await ask(disk, 'unmount', {}, unmountTimeoutMs);
    const { image } = await cutDisk(disk, choice);
    const loss = await ask(disk, 'loss', {}, imageTimeoutMs);
    return { ...loss, image, frozenMs: loss.timeMs, ...frozen };
  } catch (error) {
    // Whatever went wrong, the power is off afterwards.
    tree?.kill();
    await releaseMount(disk.mountPoint);
    if (tree !== undefined) await within(tree.gone(), goneTimeoutMs);
    if (error instanceof UsageError) throw error;
    throw new Error(`the power cut failed: ${messageOf(error)}`, { cause: error });
  }
}

/** Replaces the disk by its image. Rejects with a UsageError where the choice is one that no image can be. */
export async function cutDisk(disk: DiskControl, choice: Selection): Promise<DiskRequests['cut']['reply']> {
  try {
    return await ask(disk, 'cut', { choice }, imageTimeoutMs);
  } catch (error) {
    // Every other choice is legal on every disk.
    if (typeof choice === 'string' || choice.kind === 'random' || !(error instanceof UnavailableError))
      throw error;
    throw new UsageError(`--image ${formatChoice(choice)} is refused: ${error.message}`, { cause: error });
  }
}

/** Without a running program nothing can trigger a freeze; without a mount nothing needs one. */
async function freeze(
  disk: DiskControl,
  tree: ProcessTree | undefined,
  trigger: FreezeTrigger,
): Promise<Pick<Frozen, 'opNumber'> & Partial<Frozen>> {
  const { mounted, ops } = await ask(disk, 'stats', {});
  if (!mounted) return { opNumber: ops };
  const possible: FreezeTrigger = tree?.running === true ? trigger : { at: 'now' };
  const patienceMs = possible.at === 'now' ? 0 : possible.withinMs;
  return ask(disk, 'freeze', { trigger: possible }, patienceMs + answerTimeoutMs);
}

async function waitUntilGone(disk: DiskControl, tree: ProcessTree | undefined): Promise<void> {
  if (tree === undefined) return;
  if ((await within(tree.gone(), goneTimeoutMs)) !== 'timeout') return;
  await releaseMount(disk.mountPoint);
  if ((await within(tree.gone(), goneTimeoutMs)) !== 'timeout') return;
  throw new Error(`processes of the machine are held in the kernel ${goneTimeoutMs / 1000} s after SIGKILL`);
}

/** A request that is answered in time, or a sentence. */
export async function ask<Name extends keyof DiskRequests>(
  disk: DiskControl,
  name: Name,
  params: DiskRequests[Name]['params'],
  timeoutMs: number = answerTimeoutMs,
): Promise<DiskRequests[Name]['reply']> {
  const reply = await within(disk.request(name, params), timeoutMs);
  if (reply !== 'timeout') return reply;
  throw new Error(`the disk at ${disk.mountPoint} did not answer "${name}" within ${timeoutMs / 1000} s`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
