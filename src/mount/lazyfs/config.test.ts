import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

/** As jepsen.lazyfs writes it. */
const jepsen = `[faults]
fifo_path="/d.lazyfs/fifo"
# Not sure how to use this yet.
#fifo_path_completed="/d.lazyfs/fifo-completed"

[cache]
apply_eviction=false

[cache.simple]
custom_size="0.5GB"
blocks_per_page=1

[filesystem]
logfile="/d.lazyfs/log"
log_all_operations=false
`;

const parsed = (text: string) => parseConfig(text, 'c.toml');
const refusal = (text: string) => {
  try {
    parsed(text);
  } catch (error) {
    return String(error);
  }
  return 'accepted';
};

test("Jepsen's configuration is taken as it is", () => {
  const { config, warnings } = parsed(jepsen);
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    fifoPath: '/d.lazyfs/fifo',
    completedFifoPath: undefined,
    logfile: '/d.lazyfs/log',
    logsAllOperations: false,
    cache: { pages: 131_072, pageSizeBytes: 4096 },
    faults: [],
  });
});

test('the least that LazyFS takes has its defaults', () => {
  expect(parsed('[faults]\n[cache]\n').config).toMatchObject({
    fifoPath: 'faults.fifo',
    cache: { pages: 5, pageSizeBytes: 4096 },
  });
});

test('the manual cache counts', () => {
  const text = '[faults]\n[cache.manual]\nio_block_size=512\npage_size=8192\nno_pages=10\n';
  expect(parsed(text).config.cache).toMatchObject({ blockSizeBytes: 512, pageSizeBytes: 8192, pages: 10 });
});

test.each([
  ['[faults]\n[cache]\n[file system]\n', /\[filesystem\], in one word/],
  ['[cache]\n', /\[faults\] is missing/],
  ['[faults]\n', /\[cache\] is missing/],
  ['[faults]\n[cache.simple]\ncustom_size="12"\n', /custom_size is "12": write a number and a unit/],
  ['[faults]\n[cache.manual]\npage_size=1000\n', /page_size \(1000\) is no multiple of io_block_size/],
  ['[faults]\nfifo_path=3\n[cache]\n', /faults.fifo_path is to be text/],
  ['[faults]\n[cache]\n[filesystem]\nlog_all_operations="yes"\n', /is to be true or false/],
  ['[faults]\n[cache]\n[injection]\ntype="torn-op"\n', /write \[\[injection\]\]/],
  ['[faults]\n[cache]\n[[injection]]\ntype="tear"\n', /the type "tear" is not known: write torn-op/],
  ['[faults]\n[cache]\n[[injection]]\ntype="torn-op"\nfile="/r/a"\npersist=[3]\nparts=2\n', /beyond the 2/],
])('nonsense is refused with a sentence: %j', (text, sentence) => {
  expect(refusal(text)).toMatch(/^UsageError: the configuration c.toml /);
  expect(refusal(text)).toMatch(sentence);
});

test('keys that LazyFS does not know are warned about', () => {
  const { warnings } = parsed('speed=1\n[faults]\nfifo="x"\n[cache]\n');
  expect(warnings).toEqual([
    expect.stringMatching(/^the key speed of the configuration is not known/),
    expect.stringMatching(/^the key fifo of \[faults\] is not known/),
  ]);
});

test('every kind of injection is read, under its old name too', () => {
  const text = `[faults]
[cache]
[[injection]]
type="reorder"
op="write"
file="/r/a"
persist=[4,1]
occurrence=2
[[injection]]
type="split_write"
file="/r/a"
parts_bytes=[4096,3600]
persist=[2]
occurrence=5
[[injection]]
type="clear"
timing="before"
op="rename"
from="/r/a"
to="/r/b"
occurrence=1
crash=true
`;
  expect(parsed(text).config.faults).toEqual([
    { kind: 'torn-seq', file: '/r/a', persist: [1, 4], occurrence: 2, returns: false },
    { kind: 'torn-op', file: '/r/a', parts: [4096, 3600], persist: [2], occurrence: 5, returns: false },
    {
      kind: 'clear-cache',
      timing: 'before',
      op: 'rename',
      from: '/r/a',
      to: '/r/b',
      occurrence: 1,
      crash: true,
      returns: false,
    },
  ]);
});
