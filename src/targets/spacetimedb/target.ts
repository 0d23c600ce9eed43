/** SpacetimeDB: the real server, from PATH, from Cargo's folder, or beside its own command line. */
import type { Target } from '../target.ts';
import { detectServer } from './binaries.ts';
import { spacetimedbContract } from './contract.ts';
import { SpacetimedbInstance } from './instance.ts';
import { spacetimedbSettings } from './settings.ts';
import { spacetimedbUnsynced } from './unsynced.ts';

/** What is known before a server was asked; the instance says it of the version that runs. */
const assumedVersion = '1.2.0';

export const spacetimedb: Target = {
  name: 'spacetimedb',
  about: 'SpacetimeDB, a server on loopback',
  settings: spacetimedbSettings,
  openSettings: false,
  workloads: ['set', 'sequence'],
  expectedUnsynced: (settings) => spacetimedbUnsynced(settings, assumedVersion),
  documented: (settings) => spacetimedbContract(settings, assumedVersion),
  detect: () => detectServer(),
  open: (context) => new SpacetimedbInstance(context),
};
