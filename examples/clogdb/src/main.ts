#!/usr/bin/env node
/** The command line: `clogdb --data-dir DIR`. Recovers, listens, and stops in good order on SIGTERM. */
import { parseArgs } from 'node:util';
import { Barriers, defences, parseBarrierNames } from './barriers.ts';
import { Database } from './database.ts';
import { die } from './die.ts';
import { ClogServer, version } from './server.ts';

const usage = `usage: clogdb --data-dir DIR [--listen 127.0.0.1:PORT] [--segment-size BYTES] [--snapshot-interval TRANSACTIONS]
              [--skip-barrier NAME,…]    leaves barriers out, to see that they are needed; --barriers lists them`;

const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    listen: { type: 'string', default: '127.0.0.1:4848' },
    'segment-size': { type: 'string', default: String(1024 * 1024) },
    'snapshot-interval': { type: 'string', default: '10000' },
    'skip-barrier': { type: 'string', default: '' },
    barriers: { type: 'boolean' },
    version: { type: 'boolean' },
  },
});

if (values.version) console.log(version);
else if (values.barriers)
  for (const [name, against] of Object.entries(defences)) console.log(`${name}: ${against}`);
else await start();

async function start(): Promise<void> {
  try {
    const { 'data-dir': data, listen } = values;
    const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(listen) ?? [];
    if (data === undefined || host === undefined) throw new Error(usage);
    const config = {
      segment_size_bytes: numberOf('segment-size'),
      snapshot_interval: numberOf('snapshot-interval'),
    };
    const barriers = new Barriers(parseBarrierNames(values['skip-barrier']));
    const database = await Database.open(data, config, barriers);
    const server = new ClogServer(database);
    // When this answers, everything is recovered.
    console.log(`clogdb ${version} listens on ${await server.listen(host, Number(port))}`);
    const stop = async (): Promise<void> => {
      await server.close();
      await database.close();
      process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
  } catch (error) {
    die((error as Error).message);
  }
}

function numberOf(name: 'segment-size' | 'snapshot-interval'): number {
  const number = /^\d{1,12}$/.test(values[name]) ? Number(values[name]) : 0;
  if (number > 0) return number;
  throw new Error(`--${name}: \`${values[name]}\` is not a positive number`);
}
