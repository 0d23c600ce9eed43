/**
 * Settings of a target: names and values looked up, defaults filled in. Pure; what only the program itself can judge (the
 * value of an open setting) is left to it.
 */
import { UsageError } from './usage-error.ts';
import type { Setting, Settings, Target } from './target.ts';

/** Complete settings; throws a UsageError that names what is wrong and what would be right. */
export function resolveSettings(
  target: Pick<Target, 'name' | 'settings' | 'openSettings'>,
  given: Settings,
): Settings {
  const resolved: Record<string, string> = {};
  for (const setting of target.settings) resolved[setting.name] = setting.default;
  for (const [name, value] of Object.entries(given)) {
    const setting = target.settings.find((candidate) => candidate.name === name);
    if (setting === undefined && !target.openSettings) {
      const known = target.settings.map((candidate) => candidate.name).join(', ');
      throw new UsageError(`unknown setting of ${target.name} \`${name}\` (known: ${known})`);
    }
    resolved[name] = setting === undefined ? value : checkValue(target.name, setting, value);
  }
  return resolved;
}

function checkValue(target: string, setting: Setting, value: string): string {
  if (setting.values === undefined) return value;
  const found = setting.values.find((allowed) => allowed.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(
    `unknown value of ${target}'s ${setting.name} \`${value}\` (known: ${setting.values.join(', ')})`,
  );
}

/** A setting that must be there: `resolveSettings` saw to it. */
export function settingOf(settings: Settings, name: string): string {
  const value = settings[name];
  if (value === undefined) throw new Error(`setting ${name} is missing: settings were not resolved`);
  return value;
}

/** How long a target may take to start; every server target has it. The hyphen keeps it apart from a server's own names. */
export const startTimeout: Setting = {
  name: 'start-timeout',
  default: '60s',
  about: 'how long a start (with its recovery) may take before it counts as a hang',
};

const unitsMs = { ms: 1, s: 1_000, m: 60_000 } as const;

export function startTimeoutMs(settings: Settings): number {
  const text = settings[startTimeout.name] ?? startTimeout.default;
  const [, number, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const timeoutMs = Number(number) * unitsMs[unit as keyof typeof unitsMs];
  if (timeoutMs > 0 && timeoutMs <= 3_600_000) return timeoutMs;
  throw new UsageError(
    `${startTimeout.name}: \`${text}\` is not a duration up to an hour; write 500ms, 60s or 2m`,
  );
}
