/** The rules by which a profile lets go of what was lost, in sentences, for the three kinds of things that a finding tells apart. */
import { isDataOp, placesOf, type LoggedOp } from './crash-log.ts';
import type { PersistenceProfile } from './profile.ts';

export interface LossRules {
  readonly data: string;
  readonly name: string;
  readonly attributes: string;
}

export interface LostOp {
  readonly logged: LoggedOp;
  readonly isTorn: boolean;
}

/** Of each kind the rule of what was lost last; where nothing of the kind was, the one that would have been. */
export function lossRules(profile: PersistenceProfile, lost: readonly LostOp[] = []): LossRules {
  const sentence = (isOfKind: (op: LoggedOp) => boolean, example: LoggedOp) => {
    const { logged, isTorn } = lost.findLast((each) => isOfKind(each.logged)) ?? {
      logged: example,
      isTorn: false,
    };
    const rule = profile.ruleFor(logged, isTorn ? 'torn' : 'dropped');
    return `${profile.name}: ${rule.sentence} (${rule.source})`;
  };
  return {
    data: sentence(isDataOp, { kind: 'write', ino: 0, offset: 0, data: new Uint8Array(0) }),
    name: sentence((op) => placesOf(op).length > 0, {
      kind: 'unlink',
      ino: 0,
      place: { parent: 1, name: '' },
    }),
    attributes: sentence(({ kind }) => kind === 'setattr' || kind === 'xattr', {
      kind: 'setattr',
      ino: 0,
      mode: 0,
    }),
  };
}
