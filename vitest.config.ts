import { defineConfig } from 'vitest/config';

// Two projects: `unit` runs in seconds, beside the code, without root; `e2e` mounts, cuts and boots the real thing.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'examples/**/*.test.ts'],
          setupFiles: ['tests/property-seed.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts'],
          globalSetup: ['tests/temporary-directory.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Machines share two cores: one file at a time, or time-outs mean nothing.
          fileParallelism: false,
          // A shared computer can starve whatever is timed; what fails twice in a row is wrong.
          retry: 1,
        },
      },
    ],
  },
});
