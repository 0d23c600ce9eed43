import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import type { Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { configurationOf } from './settings.ts';
import { redis } from './target.ts';

const place = { disk: '/disk', socket: '/run/redis.sock' };
const lines = (given: Settings = {}) =>
  configurationOf(resolveSettings(redis, given), place).trimEnd().split('\n');

describe('the configuration', () => {
  test('opens no port, and puts everything on the disk', () => {
    expect(lines()).toEqual(
      expect.arrayContaining(['port 0', 'unixsocket /run/redis.sock', 'unixsocketperm 700', 'dir /disk']),
    );
  });

  test('holds the settings, and those of any name, but none of powercut', () => {
    const all = lines({ appendfsync: 'always', save: '1 1', maxmemory: '100mb' });
    expect(all).toEqual(expect.arrayContaining(['appendfsync always', 'save 1 1', 'maxmemory 100mb']));
    expect(all.filter((line) => line.startsWith('start-timeout'))).toEqual([]);
  });

  test('an empty value is an empty word', () => {
    expect(lines({ save: '' })).toContain('save ""');
  });

  test('keeps snapshots readable unless it is told otherwise', () => {
    const compression = (given: Settings) => lines(given).filter((line) => line.startsWith('rdbcompression'));
    expect(compression({})).toEqual(['rdbcompression no']);
    expect(compression({ rdbcompression: 'yes' })).toEqual(['rdbcompression yes']);
  });
});

test.each([
  [{ dir: '/tmp' }, /^dir cannot be set/],
  [{ port: '6379' }, /^port cannot be set/],
  [{ APPENDFSYNC: 'no' }, /`APPENDFSYNC` cannot be the name/],
  [{ maxmemory: '1mb\nport 6379' }, /^maxmemory: a value of Redis is on one line/],
  [{ appendfsync: 'sometimes' }, /always, everysec, no/],
])('%j is refused', (given, sentence) => {
  expect(() => lines(given)).toThrow(UsageError);
  expect(() => lines(given)).toThrow(sentence);
});
