// Compiles src/ into dist/, and the database that comes with powercut into dist/examples/. Makes the command executable: tsc
// alone writes bin files without the x bit.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

rmSync('dist', { recursive: true, force: true });
compile('tsconfig.build.json');
compile('examples/clogdb', '--outDir', 'dist/examples/clogdb');
// A file of the project that tsc does not know.
copyFileSync('src/targets/spacetimedb/module.wasm', 'dist/targets/spacetimedb/module.wasm');
copyFileSync('src/judge/host.py', 'dist/judge/host.py');
chmodSync('dist/cli/main.js', 0o755);

function compile(project, ...options) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
