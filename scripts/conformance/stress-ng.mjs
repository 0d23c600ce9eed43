// stress-ng's file system stressors, which verify what they do: a few seconds each, two processes.
import { spawnSync } from 'node:child_process';

const seconds = 2;
const marginMs = 60_000;
// Those of its class "filesystem" that use the directory they run in.
const stressors = (
  'access chdir chmod chown copy-file dentry dir dirdeep dirmany fallocate fcntl fiemap filename flock fpunch fsize fstat ' +
  'getdent handle hdd inode-flags inotify io iomix lease link locka lockf lockofd mknod open rename symlink ' +
  'sync-file touch utime xattr mmap msync seek sendfile revio'
).split(' ');
const meanings = { 2: 'failed', 3: 'no resources', 4: 'not implemented' };

export const stressNg = {
  missing: () =>
    spawnSync('stress-ng', ['--version']).status === 0 ? undefined : 'stress-ng is not installed',
  run(place) {
    const found = new Map();
    for (const name of new Set(stressors)) {
      const args = [
        `--${name}`,
        '2',
        '--timeout',
        String(seconds),
        '--verify',
        '--temp-path',
        '.',
        '--oomable',
      ];
      const { status, output } = place.run('stress-ng', args, seconds * 1000 + marginMs);
      const complaint = output.split('\n').find((line) => / fail: /.test(line));
      const isGood = status === 0 && complaint === undefined;
      found.set(name, isGood ? 'ok' : `not ok: ${meanings[status] ?? status}${said(complaint)}`);
    }
    return found;
  },
};

function said(complaint) {
  return complaint === undefined ? '' : `, ${complaint.replace(/^.*fail: *(\[\d+\] )?/, '').slice(0, 80)}`;
}
