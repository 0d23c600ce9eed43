/** What Redis leaves un-synced by design, path by path, and whether its loss hurts, which depends on the settings. */
import { isSaved } from './saved.ts';
import { settingOf } from '../settings.ts';
import type { ExpectedUnsynced, Settings } from '../target.ts';

/** Where the log and its manifest are. */
export const directory = 'appendonlydir';
export const manifest = `${directory}/appendonly.aof.manifest`;
export const snapshot = 'dump.rdb';

export function redisUnsynced(settings: Settings): readonly ExpectedUnsynced[] {
  return [
    harmless('temp-*.rdb', 'a snapshot under way; the one before it is kept until its rename'),
    harmless('temp-rewriteaof*', 'a log that is being rewritten; the old one is kept until then'),
    harmless(snapshot, 'a snapshot, synced before its rename'),
    log(settings),
    harmless(
      `${directory}/**`,
      'the base and the manifest of the log, synced before the old ones are removed',
    ),
    harmless(directory, 'names of a log that is being rewritten; synced with its manifest'),
    names(settings),
  ];
}

/** The folder of the log is made at the first start; only a snapshot syncs the directory that its name is in. */
function names(settings: Settings): ExpectedUnsynced {
  if (settingOf(settings, 'appendonly') === 'yes' && !isSaved(settings)) {
    return { glob: '.', harmless: false, why: `the name of ${directory}, which Redis never syncs` };
  }
  return harmless('.', 'names of snapshots under way, and of the one that was renamed last');
}

function log(settings: Settings): ExpectedUnsynced {
  const glob = `${directory}/*.incr.aof`;
  if (settingOf(settings, 'appendonly') === 'no') return harmless(glob, 'a log that is not in use');
  const appendfsync = settingOf(settings, 'appendfsync');
  if (appendfsync === 'always')
    return harmless(glob, 'commands before their sync: nobody has their reply yet');
  const when = appendfsync === 'everysec' ? 'within a second or two' : 'never by itself';
  return {
    glob,
    harmless: false,
    why: `acknowledged writes that appendfsync=${appendfsync} syncs ${when}`,
  };
}

function harmless(glob: string, why: string): ExpectedUnsynced {
  return { glob, harmless: true, why };
}
