import { expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import { redis } from './target.ts';

const hurts = (settings: Record<string, string>) =>
  redis
    .expectedUnsynced(resolveSettings(redis, settings))
    .filter(({ harmless }) => !harmless)
    .map(({ glob }) => glob);

test.each([
  [{}, ['appendonlydir/*.incr.aof']],
  [{ appendfsync: 'no' }, ['appendonlydir/*.incr.aof']],
  [{ appendfsync: 'always' }, []],
  [{ appendonly: 'no' }, []],
  [{ appendfsync: 'always', save: '' }, ['.']],
])('with %j the loss of %j hurts', (settings, globs) => {
  expect(hurts(settings)).toEqual(globs);
});

test('whatever is left un-synced, the log comes before what lies beside it', () => {
  const globs = redis.expectedUnsynced(resolveSettings(redis, {})).map(({ glob }) => glob);
  expect(globs.indexOf('appendonlydir/*.incr.aof')).toBeLessThan(globs.indexOf('appendonlydir/**'));
});
