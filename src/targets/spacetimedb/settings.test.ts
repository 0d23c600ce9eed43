import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import type { Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { checkForVersion, confirmedWord, isConfirmed, portOf } from './settings.ts';
import { spacetimedb } from './target.ts';

const settings = (given: Settings = {}): Settings => resolveSettings(spacetimedb, given);

describe('ports', () => {
  test.each(['1024', '5432', '65535'])('%s is one', (port) => {
    expect(portOf(settings({ port }), 'port', 'auto')).toBe(Number(port));
  });

  test.each(['80', '65536', 'x', '-1', '', '3000 '])('%j is none', (port) => {
    expect(() => portOf(settings({ port }), 'port', 'auto')).toThrow(UsageError);
  });

  test('may be left to powercut, or left out', () => {
    expect(portOf(settings(), 'port', 'auto')).toBe('auto');
    expect(portOf(settings(), 'pg-port', 'off')).toBe('off');
  });
});

describe('what a version does not have', () => {
  test.each([
    { given: { confirmed: 'true' }, sentence: /1\.2\.0 has no confirmed answers/ },
    { given: { 'pg-port': '5432' }, sentence: /1\.2\.0 has no PostgreSQL port/ },
  ])('is refused in 1.2 and taken in 2.x: $given', ({ given, sentence }) => {
    expect(() => checkForVersion(settings(given), '1.2.0')).toThrow(sentence);
    expect(() => checkForVersion(settings(given), '1.2.0')).toThrow(UsageError);
    expect(() => checkForVersion(settings(given), '2.1.0')).not.toThrow();
  });

  test('is not asked for by the defaults', () => {
    expect(() => checkForVersion(settings(), '1.2.0')).not.toThrow();
  });
});

describe('a write waits until it is durable', () => {
  test('never in 1.2', () => {
    for (const via of ['sql', 'call']) expect(isConfirmed(settings({ via }), '1.2.0')).toBe(false);
  });

  test.each([
    ['sql', 'default', true],
    ['sql', 'true', true],
    ['sql', 'false', false],
    ['call', 'default', false],
    ['call', 'true', true],
    ['call', 'false', false],
  ])('in 2.x via %s with confirmed=%s: %s', (via, confirmed, waits) => {
    expect(isConfirmed(settings({ via, confirmed }), '2.1.0')).toBe(waits);
  });

  test('and 1.2 is never told of it', () => {
    expect(confirmedWord(settings({ confirmed: 'false' }), '1.2.0')).toBeUndefined();
    expect(confirmedWord(settings({ confirmed: 'false' }), '2.1.0')).toBe('false');
    expect(confirmedWord(settings(), '2.1.0')).toBeUndefined();
  });
});
