/** PostgreSQL: the real server, from PATH or from Debian's directories. */
import type { Target } from '../target.ts';
import { detectPostgres } from './binaries.ts';
import { postgresContract } from './contract.ts';
import { PostgresInstance } from './instance.ts';
import { postgresSettings } from './settings.ts';
import { postgresUnsynced } from './unsynced.ts';

export const postgres: Target = {
  name: 'postgres',
  about: 'PostgreSQL, a server on loopback',
  settings: postgresSettings,
  openSettings: true,
  workloads: ['set'],
  expectedUnsynced: postgresUnsynced,
  documented: postgresContract,
  detect: detectPostgres,
  open: (context) => new PostgresInstance(context),
};
