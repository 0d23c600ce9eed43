/**
 * Whether findings hold under other profiles, decided by trying it: the same choice at the same cut, booted and judged. Done when
 * the run's own target is off. What could not be tried is said so; it must never pass for something that was not found.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine/machine.ts';
import { enumerate } from '../report/format.ts';
import type { Finding, Tried } from '../report/results.ts';
import { exportImage } from './export-image.ts';
import type { FindingBook } from './finding-book.ts';
import { judgeImage, type ImageVerdict } from './image-judge.ts';
import type { Instant, Variant } from './instants.ts';
import { hashTree } from './tree-hash.ts';
import type { Trial } from './trial.ts';

/** A target that hangs on an image takes minutes to be given up; none is begun after this. */
const patienceMs = 120_000;

/** An image that lies ready to be looked at. */
export interface ReadyImage {
  /** Equal for images that hold the same; absent where nobody knows. */
  readonly hash: string | undefined;
  look(): Promise<ImageVerdict>;
  remove(): Promise<void>;
}

/** How the images of instants are looked at. */
export interface Looking {
  ready(instant: Instant, profile: string, image: number): Promise<ReadyImage>;
  /** Why nothing more is to be begun, if that is so. */
  readonly stopped: () => string | undefined;
  readonly onPhase: (name: string) => void;
  readonly onTried: (finding: Finding) => void;
}

/** What an image showed. */
type Seen =
  /** It is the very one that the run went on from. */
  | { readonly kind: 'own' }
  | { readonly kind: 'untried'; readonly why: string }
  | ({ readonly kind: 'looked' } & ImageVerdict);

export async function tryOtherProfiles(
  book: Pick<FindingBook, 'instants' | 'pendingAt' | 'settle'>,
  looking: Looking,
): Promise<void> {
  for (const instant of book.instants) {
    const seen = await lookAt(instant, looking);
    for (const finding of book.pendingAt(instant)) {
      const tried = seen.map(([profile, what]) => triedAs(finding, profile, what));
      looking.onTried(book.settle(finding, tried));
    }
  }
}

async function lookAt(instant: Instant, looking: Looking): Promise<readonly (readonly [string, Seen])[]> {
  const { own, variants } = instant;
  const seen: (readonly [string, Seen])[] = [];
  /** Profiles often leave one and the same image: it is looked at once. */
  const byHash = new Map<string, Seen>();
  await lookOnce(instant, own, looking, async ({ hash }) => {
    if (hash !== undefined) byHash.set(hash, { kind: 'own' });
    return { kind: 'own' };
  });
  for (const variant of variants) {
    const what = await lookOnce(instant, variant, looking, async (image) => {
      const before = image.hash === undefined ? undefined : byHash.get(image.hash);
      if (before !== undefined) return before;
      const found: Seen = { kind: 'looked', ...(await image.look()) };
      if (image.hash !== undefined) byHash.set(image.hash, found);
      return found;
    });
    seen.push([variant.profile, what]);
  }
  return seen;
}

async function lookOnce(
  instant: Instant,
  variant: Variant,
  looking: Looking,
  look: (image: ReadyImage) => Promise<Seen>,
): Promise<Seen> {
  if ('refused' in variant) return { kind: 'untried', why: variant.refused };
  const why = looking.stopped();
  if (why !== undefined) return { kind: 'untried', why };
  looking.onPhase(`try cut ${instant.fault.number} under ${variant.profile}`);
  try {
    const image = await looking.ready(instant, variant.profile, variant.image);
    try {
      return await look(image);
    } finally {
      await image.remove();
    }
  } catch (error) {
    return { kind: 'untried', why: error instanceof Error ? error.message : String(error) };
  }
}

function triedAs(finding: Finding, profile: string, seen: Seen): Tried {
  if (seen.kind === 'own') return { profile, outcome: 'same' };
  if (seen.kind === 'untried') return { profile, outcome: 'untried', detail: seen.why };
  if (seen.found.some((found) => found.class === finding.class)) return { profile, outcome: 'same' };
  const [other] = seen.found;
  if (other === undefined) return { profile, outcome: 'nothing' };
  return { profile, outcome: 'other', class: other.class, detail: other.message };
}

/** Of a trial that is over: boots its images apart, one after the other, where its disk was seen. */
export function lookingIn(trial: Trial, scratchDirectory: string): Looking {
  const { machine, target, workload, contextFor, progress, clock, interrupted, recorder } = trial.parts;
  const beganMs = clock.now();
  return {
    async ready({ fault, boot }, profile, image) {
      const scratch = await mkdtemp(join(scratchDirectory, 'image-'));
      const directory = join(scratch, 'disk');
      const parts = {
        target,
        workload,
        contextFor: (apart: Machine) => contextFor(apart, `cut-${fault.number}-${profile}`),
      };
      const place = { directory, mountPoint: machine.directory };
      const remove = () => rm(scratch, { recursive: true, force: true });
      try {
        await exportImage(machine.disk, image, directory);
        const hash = hashTree(directory);
        const seen = { history: recorder.history, facts: trial.runFacts(), boot, fault };
        return { hash, look: () => judgeImage(parts, place, seen), remove };
      } catch (error) {
        await remove();
        throw error;
      } finally {
        await machine.disk.request('drop-image', { image });
      }
    },
    stopped() {
      if (interrupted.aborted) return 'the run was interrupted';
      const isLate = clock.now() - beganMs > patienceMs;
      return isLate ? `trying took its ${patienceMs / 1000} s` : undefined;
    },
    onPhase: (name) => progress.phase(name),
    onTried({ number, profiles, tried }) {
      if (tried.every(({ outcome }) => outcome === 'untried')) return;
      progress.event(`finding ${number} holds under ${enumerate(profiles)}`);
    },
  };
}
