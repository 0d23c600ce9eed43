// What powercut's general means find in SpacetimeDB: every situation under every profile with every nemesis and several seeds,
// then each distinct failure with the fewest words of a command that still show it. It takes an hour or two on two cores;
// what a run found is kept in STORE/runs.jsonl, so that a sweep that was stopped goes on where it was.
//
//   npm run build && nice -n 19 node scripts/sweep-spacetimedb.mjs [--seeds 1,2,3] [--store store/sweep-spacetimedb] [--only WORD]
//
// docs/case-studies/spacetimedb.md holds the table that it prints at its end.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    store: { type: 'string', default: 'store/sweep-spacetimedb' },
    only: { type: 'string', default: '' },
  },
});

const executable = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const store = resolve(values.store);
const ledger = join(store, 'runs.jsonl');
const runLimitMs = 10 * 60_000;

const nemeses = ['power-cut', 'recovery-cut', 'power-glitch', 'lose-unsynced', 'kill'];
const pace = '--time 5s --interval 2s';

// What is known already is kept for good (--pin), so that what lies beneath it shows.
const situations = {
  strict: [
    '--cut-setup',
    '--cut-setup --pin data/control-db',
    '--cut-setup --pin data/control-db --pin data/program-bytes',
    '--cut-setup --pin data/control-db --pin data/program-bytes --pin **/*.stdb.log',
    '--cut-setup --pin data --set keys=on-disk',
    '',
    '--set via=call --workload sequence',
    '--contract strict',
  ],
  lazyfs: [
    '--cut-setup',
    '--cut-setup --pin data/metadata.toml',
    '--cut-setup --pin data/metadata.toml --set keys=on-disk',
    '--set via=call --workload sequence',
    '--contract strict',
  ],
};

mkdirSync(store, { recursive: true });
const runs = new Map(readLedger().map((run) => [run.words, run]));

for (const seed of values.seeds.split(',')) {
  for (const [profile, each] of Object.entries(situations)) {
    for (const situation of each) {
      for (const nemesis of nemeses) {
        const words = phrase(
          `--profile ${profile}`,
          `--nemesis ${nemesis}`,
          situation,
          pace,
          `--seed ${seed}`,
        );
        if (words.includes(values.only)) await show(words);
      }
    }
  }
}
const failures = distinct([...runs.values()]);
for (const failure of failures.values()) failure.minimal = await minimise(failure);
printTable(failures);

async function show(words) {
  const known = runs.has(words);
  const run = await look(words);
  if (known) return;
  const keys = [...new Set(run.findings.map(({ key }) => key))];
  console.log(`${run.code} ${words}${keys.map((key) => `\n    ${key}`).join('')}`);
}

// Runs it, unless the ledger has it.
async function look(words) {
  const known = runs.get(words);
  if (known !== undefined) return known;
  const args = ['test', 'spacetimedb', ...words.split(' '), '--store', store, '--json'];
  const { code, stdout, stderr } = await finish([executable, ...args]);
  const results = stdout.startsWith('{') ? JSON.parse(stdout) : undefined;
  // A computer that cannot, a wrong command line: nothing that a sweep could go on from.
  if (results === undefined) throw new Error(`exit code ${code} of ${words}: ${stderr.trim()}`);
  const findings = results.findings.map((finding) => ({
    key: keyOf(finding),
    message: finding.message,
    sentences: finding.evidence.sentences,
    ops: finding.evidence.diskOps.length,
    rule: finding.evidence.rule,
    image: finding.image === undefined ? undefined : join(results.store, finding.image),
  }));
  const { valid, unknown, cuts, ops, notes } = results;
  const run = { words, code, valid, unknown, cuts, ok: ops.ok, notes, findings };
  appendFileSync(ledger, `${JSON.stringify(run)}\n`);
  runs.set(words, run);
  return run;
}

function readLedger() {
  if (!existsSync(ledger)) return [];
  const lines = readFileSync(ledger, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

// Two findings are one failure when they differ in instants, numbers and hashes only: what the server says, or where that lay which is gone.
function keyOf({ class: name, message, evidence }) {
  const said = message.includes('): ') ? message.slice(message.indexOf('): ') + 3) : message;
  const told = name === 'lost-write' ? (evidence.sentences[0] ?? '') : said.replace(/^.*? at [\d.]+ s: /, '');
  const plain = told
    .replace(/^acknowledged add of \d+ at [\d.]+ s/, 'an add')
    .replace(/ is gone: while it was being done.*$/, ' is gone: what was done in the course of it')
    .replace(/, bytes .*$|, whose name .*$/, (rest) =>
      rest.startsWith(', bytes') ? ', its bytes' : ', its name',
    )
    .replace(/[0-9a-f]{32,}/g, 'HASH')
    .replace(/\d+(\.\d+)?/g, 'N');
  return `${name}: ${plain}`;
}

function distinct(all) {
  const found = new Map();
  for (const run of all) {
    for (const finding of run.findings) {
      const { key } = finding;
      const failure = found.get(key) ?? { key, finding, runs: [] };
      found.set(key, failure);
      if (!failure.runs.includes(run)) failure.runs.push(run);
    }
  }
  return found;
}

// Leaves out one option after the other, as long as the same failure comes.
async function minimise({ key, runs: showing }) {
  const shortest = showing.toSorted((a, b) => a.words.length - b.words.length)[0];
  let options = shortest.words.split(/ (?=--)/);
  for (const option of options) {
    if (option.startsWith('--seed')) continue;
    const fewer = options.filter((other) => other !== option);
    const run = await look(fewer.join(' '));
    if (run.findings.some((finding) => finding.key === key)) options = fewer;
  }
  console.log(`minimal: ${options.join(' ')}\n    ${key}`);
  return options.join(' ');
}

function printTable(failures) {
  console.log('\n| failure | runs | proof | minimal command |\n| --- | --- | --- | --- |');
  for (const { key, runs: showing, finding, minimal } of failures.values()) {
    const proof = finding.sentences.slice(0, 3).join('; ');
    console.log(
      `| ${key} | ${showing.length} | ${proof} (${finding.ops} ops; ${finding.rule}) | \`${minimal}\` |`,
    );
  }
  const all = [...runs.values()];
  const valid = all.filter((run) => run.valid === true).length;
  const cuts = all.reduce((sum, run) => sum + run.cuts, 0);
  console.log(`\n${all.length} runs, ${cuts} cuts, ${valid} runs valid, ${failures.size} distinct failures`);
}

function finish(args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: runLimitMs });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

function phrase(...parts) {
  return parts.filter((part) => part !== '').join(' ');
}
