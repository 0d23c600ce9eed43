import type { LossRules } from '../persistence/loss-rules.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';

/**
 * A profile: the rules for which ops may survive a power cut. What a cut may keep is the profile's business and nobody
 * else's; the disk asks it, and a finding quotes it.
 */
export interface Profile {
  readonly name: string;
  readonly about: string;
  /** `volatile`: a name is durable once its directory was fsynced. `durable`: at once. */
  readonly names: 'volatile' | 'durable';
  /** Mode, owner, times and xattrs: durable with the inode's fsync, or at once. */
  readonly attributes: 'volatile' | 'durable';
  /** The rules that allow a drop, as findings quote them. */
  readonly rules: LossRules;
  /** All that a cut may leave. The two faces of a disk hold the least of it that any profile with such faces promises. */
  readonly persistence: PersistenceProfile;
}
