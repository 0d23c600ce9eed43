/** The command line that repeats a run: what differs from the defaults, and always the seed. Pure. */
import { formatChoice } from '../mount/selection.ts';
import { testDefaults } from '../run/options.ts';
import type { TestOptions } from '../run/options.ts';
import { formatDuration } from './duration.ts';
import { formatSizeExactly } from './size.ts';

export function repeatCommand(options: Omit<TestOptions, 'command'>): string {
  const words = ['npx', 'powercut', 'test', options.target];
  const add = (flag: string, value: string, usual: string) => {
    if (value !== usual) words.push(flag, value);
  };
  const defaults = testDefaults;
  add('--workload', options.workload, defaults.workload);
  add('--nemesis', options.nemesis.join(','), defaults.nemesis.join(','));
  add('--profile', options.profile, defaults.profile);
  add('--image', formatChoice(options.image), formatChoice(defaults.image));
  add('--fail-on', options.failOn, defaults.failOn);
  if (options.fileSystem !== undefined) words.push('--filesystem', options.fileSystem);
  add('--writes', options.writes, defaults.writes);
  add('--contract', options.contract, defaults.contract);
  for (const [name, value] of Object.entries(options.settings)) words.push('--set', `${name}=${value}`);
  const { capacityBytes, memoryBytes } = options.room;
  if (capacityBytes !== undefined) words.push('--capacity', formatSizeExactly(capacityBytes));
  if (memoryBytes !== undefined) words.push('--memory', formatSizeExactly(memoryBytes));
  for (const pin of options.pins) words.push('--pin', pin);
  add('--time', formatDuration(options.timeMs), formatDuration(defaults.timeMs));
  add('--interval', formatDuration(options.intervalMs), formatDuration(defaults.intervalMs));
  add('--concurrency', String(options.concurrency), String(defaults.concurrency));
  add('--rate', String(options.ratePerSecond), String(defaults.ratePerSecond));
  add('--stop-grace', formatDuration(options.stopGraceMs), formatDuration(defaults.stopGraceMs));
  add('--stop-signal', options.stopSignal, defaults.stopSignal);
  add('--op-timeout', formatDuration(options.opTimeoutMs), formatDuration(defaults.opTimeoutMs));
  add('--after-fatal', options.afterFatal, defaults.afterFatal);
  if (options.cutSetup) words.push('--cut-setup');
  add('--store', options.store, defaults.store);
  words.push('--seed', String(options.seed));
  if (options.driverArguments.length > 0) words.push('--', ...options.driverArguments);
  return words.map(quote).join(' ');
}

/** As a POSIX shell reads it back. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
