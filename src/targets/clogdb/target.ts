/** clogdb: the database of examples/clogdb, which shows what right looks like. It ships with powercut, so that nothing has to be installed. */
import { readFileSync } from 'node:fs';
import { builtFile } from '../built-file.ts';
import { startTimeout } from '../settings.ts';
import type { Detected, Target } from '../target.ts';
import { clogdbContract } from './contract.ts';
import { ClogdbInstance } from './instance.ts';
import { barrierNames } from './skipped-barriers.ts';
import { clogdbUnsynced } from './unsynced.ts';

export const clogdb: Target = {
  name: 'clogdb',
  about: 'a small commit-log database that comes with powercut, each of its barriers removable',
  settings: [
    {
      name: 'skip-barrier',
      default: 'none',
      about: `barriers to leave out, separated by commas: ${barrierNames.join(', ')}`,
    },
    {
      name: 'confirmed',
      values: ['true', 'false'],
      default: 'true',
      about: 'whether a transaction is answered when it is durable, or at once',
    },
    {
      name: 'segment-size',
      default: '16384',
      about: 'bytes of a segment of the log before the next one begins',
    },
    { name: 'snapshot-interval', default: '200', about: 'transactions from one snapshot to the next' },
    startTimeout,
  ],
  openSettings: false,
  workloads: ['set', 'sequence'],
  expectedUnsynced: clogdbUnsynced,
  documented: clogdbContract,
  detect,
  open: (context) => new ClogdbInstance(context),
};

async function detect(): Promise<Detected> {
  const path = builtFile('examples/clogdb/main.js');
  try {
    const version = /version = '(.+)'/.exec(
      readFileSync(builtFile('examples/clogdb/server.js'), 'utf8'),
    )?.[1];
    return { found: true, version: version ?? 'unknown', path };
  } catch {
    return {
      found: false,
      sentence: `${path} is missing: build powercut again (npm run build), or reinstall it`,
    };
  }
}
