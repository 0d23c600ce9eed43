// npm run bench:images [-- --profile strict,ext4 --log database --ops 100000 --rounds 5 --all]
//
// What crash images cost: a log of 100,000 ops is read and an image of it built, for each profile and each way to choose; then
// 10,000 distinct images of a log of 1,000 ops are enumerated and hashed. Prints medians in milliseconds, and fails past the bars.
// `--all`: the bytes of all files too, which otherwise are built when somebody reads them.
import { parseArgs } from 'node:util';
import { persistenceProfiles } from '../../dist/disk/persistence/catalogue.js';
import { choose } from '../../dist/disk/persistence/choose.js';
import { fatesOf } from '../../dist/disk/persistence/fates.js';
import { History } from '../../dist/disk/persistence/history.js';
import { ImageHasher } from '../../dist/disk/persistence/image-hash.js';
import { buildTree } from '../../dist/disk/persistence/image-tree.js';
import { images } from '../../dist/disk/persistence/images.js';
import { logs } from './image-logs.mjs';

// Selections that name ops look at what became of each of them.
const barMs = { image: 100, named: 1000, fates: 1000, enumerate: 5000 };
const imageCount = 10_000;
const enumeratedOps = 1000;

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: [...persistenceProfiles.keys()].join() },
    log: { type: 'string', default: Object.keys(logs).join() },
    ops: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    all: { type: 'boolean', default: false },
  },
});
const count = Number(values.ops);
const rounds = Number(values.rounds);
const profiles = values.profile.split(',').map((name) => persistenceProfiles.get(name));

let isMet = true;
const columns = [
  'log',
  'profile',
  'history',
  'lose-all',
  'keep-all',
  'random',
  'prefix',
  'drop',
  'keep',
  'torn',
  'fates',
  'hash',
  `${imageCount} images`,
];
console.log(`| ${columns.join(' | ')} |`);
console.log(`| ${columns.map((_, index) => (index < 2 ? '---' : '---:')).join(' | ')} |`);
for (const name of values.log.split(',')) {
  const log = logs[name](count);
  const small = logs[name](enumeratedOps);
  for (const profile of profiles) row(name, log, small, profile);
}
if (!isMet) {
  console.log(`\n* slower than the bar: ${JSON.stringify(barMs)}, of an image with its history`);
  process.exitCode = 1;
}

function row(name, log, small, profile) {
  const history = measure(() => historyOf(log));
  const each = selectionsOf(log).map((selection) => {
    const bar = 'ops' in selection || selection.kind === 'prefix' ? barMs.named : barMs.image;
    return marked(
      measure(() => image(log, profile, selection)),
      bar,
    );
  });
  const fates = measure(() => fatesAfter(log, profile));
  const hash = measure(() => hashAfter(log, profile));
  const enumerated = measure(() => enumerate(small, profile), Math.min(rounds, 3));
  const cells = [
    `${history}`,
    ...each,
    marked(fates, barMs.fates),
    `${hash}`,
    marked(enumerated, barMs.enumerate),
  ];
  console.log(`| ${[name, profile.name, ...cells].join(' | ')} |`);
}

function marked(ms, bar) {
  if (ms > bar) isMet = false;
  return ms > bar ? `${ms}*` : `${ms}`;
}

/** The median. A run may time a part of itself and say how long that took. */
function measure(run, times = rounds) {
  const durations = [];
  for (let round = 0; round < times; round++) {
    const start = performance.now();
    const own = run();
    durations.push(typeof own === 'number' ? own : performance.now() - start);
  }
  return Math.round(durations.sort((a, b) => a - b)[times >> 1]);
}

function historyOf(log) {
  return new History(log, { done: log.ops.length, begun: log.ops.length });
}

function selectionsOf({ ops }) {
  const lastWrite = ops.findLastIndex(({ kind }) => kind === 'write') + 1;
  const some = new Set(ops.map((_, index) => index + 1).filter((op) => op % 97 === 0));
  return [
    { kind: 'lose-all' },
    { kind: 'keep-all' },
    { kind: 'random', seed: 1 },
    { kind: 'prefix', op: Math.floor(ops.length * 0.99) },
    { kind: 'drop', ops: some },
    { kind: 'keep', ops: some },
    { kind: 'torn', op: lastWrite, sectors: new Set([0]) },
  ];
}

/** Choosing may end in a refusal, as it may for users. */
function image(log, profile, selection) {
  const space = profile.space(historyOf(log));
  const chosen = choose(profile, space, selection);
  if (!chosen.ok) return;
  const tree = buildTree(space.history, chosen.choice);
  if (values.all) for (const { pages } of tree.inodes.values()) void pages.size;
}

function fatesAfter(log, profile) {
  const space = profile.space(historyOf(log));
  const { choice } = choose(profile, space, { kind: 'random', seed: 1 });
  const start = performance.now();
  fatesOf(profile, space.history, choice);
  return performance.now() - start;
}

function hashAfter(log, profile) {
  const space = profile.space(historyOf(log));
  const { choice } = choose(profile, space, { kind: 'random', seed: 1 });
  const start = performance.now();
  new ImageHasher(space.history).hash(choice);
  return performance.now() - start;
}

function enumerate(log, profile) {
  let left = imageCount;
  for (const image of images(profile.space(historyOf(log)))) {
    void image;
    if (--left === 0) return;
  }
}
