/**
 * Whether findings hold under other profiles, decided by trying it: the same choice at the same cut, booted and judged. Done when
 * the run's own target is off. What could not be tried is said so; it must never pass for something that was not found.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { enumerate } from '../report/format.ts';
import type { Finding, Tried } from '../report/results.ts';
import { exportImage } from './export-image.ts';
import type { FindingBook } from './finding-book.ts';
import { judgeImage, type ImageVerdict } from './image-judge.ts';
import type { Instant, Variant } from './instants.ts';
import type { Trial } from './trial.ts';

/** A target that hangs on an image takes minutes to be given up; none is begun after this. */
const patienceMs = 120_000;

/** How the images of instants are looked at. */
export interface Looking {
  look(instant: Instant, variant: Variant & { readonly kind: 'image' }): Promise<ImageVerdict>;
  /** Why nothing more is to be begun, if that is so. */
  readonly stopped: () => string | undefined;
  readonly onPhase: (name: string) => void;
  readonly onTried: (finding: Finding) => void;
}

/** What a variant showed. */
type Seen =
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
      looking.onTried(
        book.settle(
          finding,
          seen.map(([profile, what]) => triedAs(finding, profile, what)),
        ),
      );
    }
  }
}

async function lookAt(instant: Instant, looking: Looking): Promise<readonly (readonly [string, Seen])[]> {
  const seen: (readonly [string, Seen])[] = [];
  /** Profiles often leave one and the same image. */
  const byKey = new Map<string, Seen>();
  for (const variant of instant.variants) {
    const known = variant.kind === 'image' && variant.key !== undefined ? byKey.get(variant.key) : undefined;
    const what = known ?? (await lookOnce(instant, variant, looking));
    if (variant.kind === 'image' && variant.key !== undefined) byKey.set(variant.key, what);
    seen.push([variant.profile, what]);
  }
  return seen;
}

async function lookOnce(instant: Instant, variant: Variant, looking: Looking): Promise<Seen> {
  if (variant.kind === 'own') return variant;
  if (variant.kind === 'refused') return { kind: 'untried', why: variant.why };
  const why = looking.stopped();
  if (why !== undefined) return { kind: 'untried', why };
  looking.onPhase(`try cut ${instant.fault.number} under ${variant.profile}`);
  try {
    return { kind: 'looked', ...(await looking.look(instant, variant)) };
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
  return { profile, outcome: 'other', detail: `${other.class}: ${other.message}` };
}

/** Of a trial that is over: boots its images apart, one after the other, where its disk was seen. */
export function lookingIn(trial: Trial, scratchDirectory: string): Looking {
  const { machine, target, workload, contextFor, progress, clock, interrupted, recorder } = trial.parts;
  const beganMs = clock.now();
  return {
    async look({ fault, boot }, { profile, image }) {
      const scratch = await mkdtemp(join(scratchDirectory, 'image-'));
      try {
        const directory = join(scratch, 'disk');
        await exportImage(machine.disk, image, directory);
        return await judgeImage(
          {
            target,
            workload,
            contextFor: (apart) => contextFor(apart, `cut-${fault.number}-${profile}`),
          },
          { directory, mountPoint: machine.directory },
          { history: recorder.history, facts: trial.runFacts(), boot, fault },
        );
      } finally {
        await rm(scratch, { recursive: true, force: true });
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
