/**
 * What the documentations of LMDB and of its binding for Node promise after a crash, by the settings that change it. Sources:
 * lmdb.tech/doc, group mdb_env; the README of lmdb-js ("LMDB Flags", "Overlapping Sync Options"). The kernel keeps what was
 * written when a process is killed, whatever the settings.
 */
import { strictContract } from '../../checkers/contract.ts';
import { settingOf } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';

const flags = 'http://www.lmdb.tech/doc/group__mdb__env.html';
/** Of `put`. */
const binding =
  'https://github.com/kriszyp/lmdb-js#dbputkey-value-version-number-ifversion-number-promiseboolean';

export function lmdbContract(settings: Settings): Documented {
  const is = (name: string, value: string): boolean => settingOf(settings, name) === value;
  if (is('sync', 'noSync')) {
    return {
      unsafe: 'noSync: "a system crash can then corrupt the database or lose the last transactions"',
      link: flags,
    };
  }
  if (is('useWritemap', 'yes') && is('mapAsync', 'yes')) {
    return {
      unsafe:
        'mapAsync with useWritemap: "as with MDB_NOSYNC, a system crash can then corrupt the database or lose the last transactions"',
      link: flags,
    };
  }
  if (is('sync', 'noMetaSync')) {
    return {
      ...strictContract,
      // In a process of its own each op is a transaction of its own; several of one process may share one.
      acknowledged: is('processes', 'per-client') ? { lossLastOps: 1 } : 'any',
      reason:
        'noMetaSync: "a system crash may undo the last committed transaction"; the database stays whole',
      link: flags,
    };
  }
  return {
    ...strictContract,
    reason:
      '"once the promise resolves, the transaction will have been fully written to the physical storage medium": every write is durable',
    link: binding,
  };
}
