/** Redis: the real server, from PATH. */
import type { Target } from '../target.ts';
import { detectRedis } from './binaries.ts';
import { redisContract } from './contract.ts';
import { RedisInstance } from './instance.ts';
import { redisSettings } from './settings.ts';
import { redisUnsynced } from './unsynced.ts';

export const redis: Target = {
  name: 'redis',
  about: 'Redis, a server on a Unix socket',
  settings: redisSettings,
  openSettings: true,
  workloads: ['set', 'sequence'],
  expectedUnsynced: redisUnsynced,
  documented: redisContract,
  detect: () => detectRedis(),
  open: (context) => new RedisInstance(context),
};
