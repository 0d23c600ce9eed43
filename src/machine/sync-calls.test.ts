import { expect, test } from 'vitest';
import { parseTrace } from './sync-calls.ts';

const trace = `# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
            node-20060   [000] ..... 16095.138186: tracing_mark_write: here
            sync-20178   [000] ..... 16095.202485: sys_sync()
     my-db: wal-20212   [001] ..... 16095.254162: sys_syncfs(fd: 3)
     my-db: wal-20232   [001] d..1. 16095.283884: sys_syncfs(fd: 0xff)
`;

test('a trace tells who called what, and how often', () => {
  expect(parseTrace(trace)).toEqual([
    { program: 'my-db: wal', call: 'syncfs', count: 2 },
    { program: 'sync', call: 'sync', count: 1 },
  ]);
});

test('an empty trace tells of nothing', () => {
  expect(parseTrace('# tracer: nop\n#\n')).toEqual([]);
});
