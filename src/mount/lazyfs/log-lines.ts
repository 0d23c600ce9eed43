/**
 * LazyFS's log, line for line where scripts look for it: `[time] [logger] [level] message`. The texts are interface, what is
 * ours says so by its prefix. Pure.
 */
import type { UnsyncedReport } from '../control.ts';
import type { LazyFsConfig } from './config.ts';

export type Level = 'info' | 'warning' | 'critical' | 'error';

export interface LogLine {
  readonly level: Level;
  readonly text: string;
}

export const info = (text: string): LogLine => ({ level: 'info', text });
export const warning = (text: string): LogLine => ({ level: 'warning', text });
export const critical = (text: string): LogLine => ({ level: 'critical', text });
export const failure = (text: string): LogLine => ({ level: 'error', text });

/** As spdlog's pattern: the logger is called `global` with a log file, `console` without. */
export function formatLine({ level, text }: LogLine, logger: string, now: Date): string {
  const two = (value: number, length = 2): string => String(value).padStart(length, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}.${two(now.getMilliseconds(), 3)}`;
  return `[${date} ${time}] [${logger}] [${level}] ${text}\n`;
}

export function startLines(config: LazyFsConfig, configPath: string): LogLine[] {
  const { pages, pageSizeBytes, blockSizeBytes, appliesEviction } = config.cache;
  const totalBytes = pages * pageSizeBytes;
  return [
    info('[lazyfs.config]: loading config...'),
    info(`[lazyfs.args]: config path is '${configPath}'`),
    info(`[config] using ${config.cache.ofSimple ? 'a custom config' : 'a manual config'}`),
    info(
      `[config] log all operations = ${String(config.logsAllOperations)}, logfile = '${config.logfile ?? ''}'`,
    ),
    info(`[config] no. of pages   = ${pages}`),
    info(`[config] page size      = ${pageSizeBytes}`),
    info(`[config] block size     = ${blockSizeBytes}`),
    info(`[config] blocks / page  = ${pageSizeBytes / blockSizeBytes}`),
    info(`[config] apply eviction = ${String(appliesEviction)}`),
    info(`[config] total          = ${units(totalBytes)}`),
  ];
}

function units(bytes: number): string {
  const [kib, mib, gib] = [1, 2, 3].map((power) => Math.floor(bytes / 1024 ** power));
  return `${kib} KiB, ${mib} MiB, ${gib} GiB`;
}

export function usageLine(usedBytes: number, { pages, pageSizeBytes }: LazyFsConfig['cache']): LogLine {
  const percent = (Math.ceil(usedBytes / pageSizeBytes) / pages) * 100;
  return warning(`[lazyfs.cmds]: cache usage (%pages) is ${percent}%`);
}

export function reportLines(report: Pick<UnsyncedReport, 'files' | 'sizeBytes'>, root: string): LogLine[] {
  const files = report.files.filter((file) => file.kind === 'file' && (file.sizeBytes > 0 || file.metadata));
  if (files.length === 0) return [info('[lazyfs.cmds]: report: all data blocks are synced!')];
  const lines = files.flatMap((file) => {
    const inode = `[inode ${file.ino}]`;
    return [
      info(`[lazyfs.cmds]: report: ${inode} is not fully synced, info:`),
      ...file.ranges.map(({ offset, length }) => {
        const last = offset + length - 1;
        const blocks = `(block ${Math.floor(offset / 4096)}) to (block ${Math.floor(last / 4096)})`;
        return info(
          `[lazyfs.cmds]: report: ${inode} info: ${blocks} [byte index ${offset} to index ${last}]`,
        );
      }),
      ...(file.metadata ? [info(`[lazyfs.cmds]: report: ${inode} info: its size is not synced`)] : []),
      info(`[lazyfs.cmds]: report: ${inode} files mapped to this inode:`),
      info(`[lazyfs.cmds]: report: ${inode} => file: '${root}/${file.path}'`),
    ];
  });
  const total = info(`[lazyfs.cmds]: report: total number of bytes un-fsynced: ${report.sizeBytes} bytes.`);
  return [...lines, { ...total, text: `${total.text}\n` }];
}

export const helpLines: readonly LogLine[] = [
  'lazyfs::clear-cache => drops everything that is not fsynced',
  'lazyfs::cache-checkpoint => makes everything durable',
  'lazyfs::display-cache-usage => says how much of the cache holds un-synced pages',
  'lazyfs::unsynced-data-report => says what is not fsynced',
  'lazyfs::crash::timing=before|after::op=OP::from_rgx=RGX[::to_rgx=RGX] => kills LazyFS at an op',
  'lazyfs::torn-op::file=PATH::persist=1,3::parts=3|parts_bytes=4096,3600[::occurrence=N][::return=true]',
  'lazyfs::torn-seq::op=write::file=PATH::persist=1,4[::occurrence=N][::return=true]',
  'lazyfs::sync-pages::file=PATH::timing=now|before|after::pages=PATTERN[::op=OP][::from=PATH][::crash=true]',
  'lazyfs::snapshot::files_rgx=RGX::save=DIR => copies files of the durable state',
  'lazyfs::help => this',
].map((text) => info(`[lazyfs.cmds]: ${text}`));
