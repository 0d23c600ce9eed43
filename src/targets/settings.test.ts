import { describe, expect, test } from 'vitest';
import { resolveSettings, settingOf, startTimeoutMs } from './settings.ts';
import type { Setting } from './target.ts';
import { UsageError } from './usage-error.ts';

const settings: readonly Setting[] = [
  { name: 'mode', values: ['FAST', 'SAFE'], default: 'SAFE', about: '' },
  { name: 'size', default: '10', about: '' },
];
const closed = { name: 'store', settings, openSettings: false };
const open = { ...closed, openSettings: true };

describe('settings of a target', () => {
  test('are complete: what was not given has its default', () => {
    expect(resolveSettings(closed, { size: '20' })).toEqual({ mode: 'SAFE', size: '20' });
  });

  test('take listed values in any case, and keep them as they are listed', () => {
    expect(resolveSettings(closed, { mode: 'fast' })).toMatchObject({ mode: 'FAST' });
  });

  test('of an unknown name are refused with the names there are', () => {
    const refused = (): unknown => resolveSettings(closed, { mood: 'FAST' });
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow('unknown setting of store `mood` (known: mode, size)');
  });

  test('of an unknown value are refused with the values there are', () => {
    expect(() => resolveSettings(closed, { mode: 'slow' })).toThrow(
      "unknown value of store's mode `slow` (known: FAST, SAFE)",
    );
  });

  test('of an unknown name are handed through where the target takes any', () => {
    expect(resolveSettings(open, { other: 'x' })).toEqual({ mode: 'SAFE', size: '10', other: 'x' });
    expect(() => resolveSettings(open, { mode: 'slow' })).toThrow(UsageError);
  });

  test('that are missing although they were resolved are a defect', () => {
    expect(settingOf({ mode: 'FAST' }, 'mode')).toBe('FAST');
    expect(() => settingOf({}, 'mode')).toThrow('not resolved');
  });
});

describe('start-timeout', () => {
  test.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['2m', 120_000],
  ])('%s is %i ms', (text, timeoutMs) => {
    expect(startTimeoutMs({ 'start-timeout': text })).toBe(timeoutMs);
  });

  test('is a minute unless it is given', () => {
    expect(startTimeoutMs({})).toBe(60_000);
  });

  test.each(['', '5', '0s', 's', '1.5s', '2h', '61m', '-1s'])('refuses %j', (text) => {
    expect(() => startTimeoutMs({ 'start-timeout': text })).toThrow(UsageError);
  });
});
