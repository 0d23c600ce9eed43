/** What clogdb leaves un-synced by design, path by path; and what it leaves so where a barrier is taken from it. */
import { settingOf } from '../settings.ts';
import type { ExpectedUnsynced, Settings } from '../target.ts';
import { skippedBarriers } from './skipped-barriers.ts';
import type { BarrierName } from './skipped-barriers.ts';

/** The data directory, on the disk. */
export const dataDirectory = 'data';

export function clogdbUnsynced(settings: Settings): readonly ExpectedUnsynced[] {
  const harmful = skippedBarriers(settings).flatMap((name) =>
    guarded[name].map((path) => ({
      glob: glob(path),
      harmless: false,
      why: `skip-barrier=${name} leaves out the barrier for it`,
    })),
  );
  const globs = new Set<string>();
  return [...harmful, ...byDesign(settings)].filter((entry) => {
    const isFirst = !globs.has(entry.glob);
    globs.add(entry.glob);
    return isFirst;
  });
}

/** What each barrier makes durable. */
const guarded: Readonly<Record<BarrierName, readonly string[]>> = {
  'data-directory': ['..'],
  'config-file': ['config.toml*'],
  'metadata-file': ['metadata.toml*'],
  'metadata-name': ['.'],
  'recovered-tail': ['clog/*.clog.log'],
  'recovered-name': [],
  'segment-name': ['clog'],
  commit: ['clog/*.clog.log'],
  'object-file': ['snapshots/*/objects/*/*'],
  'object-name': ['snapshots/*/objects/*'],
  'object-directory': ['snapshots/*/objects'],
  'manifest-file': ['snapshots/*/*.snapshot'],
  'snapshot-directory': ['snapshots/*'],
  'snapshot-name': ['snapshots'],
};

function byDesign(settings: Settings): readonly ExpectedUnsynced[] {
  const isConfirmed = settingOf(settings, 'confirmed') === 'true';
  return [
    harmless('clogdb.pid*', 'marks a running server; a stale or missing one is recognised'),
    harmless(
      'clog/*.clog.ofs',
      'the index of a segment; believed only where the log agrees, else the log is read',
    ),
    {
      glob: glob('clog/*.clog.log'),
      harmless: isConfirmed,
      why: isConfirmed
        ? 'transactions before their sync: nobody was told of them yet'
        : 'transactions that were answered and are synced a little later',
    },
    harmless('clog', 'names of segments that hold no commit yet, or that a snapshot replaced'),
    harmless(
      'snapshots/**',
      'a snapshot before its last sync, or one that a newer one replaced; the log is kept until then',
    ),
    harmless('snapshots', 'names of snapshots that are not finished, or that a newer one replaced'),
    harmless('{*.toml,clog/*.clog.log}.tmp', 'a file before it replaces another'),
    harmless('.', 'names of the pid file, and of files before they replace others'),
  ];
}

function harmless(path: string, why: string): ExpectedUnsynced {
  return { glob: glob(path), harmless: true, why };
}

function glob(path: string): string {
  if (path === '..') return '.';
  return path === '.' ? dataDirectory : `${dataDirectory}/${path}`;
}
