// Workloads that need a server on the disk: PostgreSQL under pgbench, Redis under redis-benchmark. Where they are not installed they
// are left out. A server runs only while it is measured; its data stays. `isElsewhere`: the work is done by other processes than the
// measuring one, whose processor time therefore says nothing.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nobody = { uid: 65534, gid: 65534 };
const transactions = 200;
const sets = 5_000;

export function serverWorkloads() {
  const binaries = postgresBinaries();
  return {
    ...(binaries !== undefined && { 'pgbench, 4 clients': pgbench(binaries) }),
    ...(isThere('redis-server') && isThere('redis-benchmark') && { 'Redis SET, AOF everysec': redis() }),
  };
}

function pgbench(binaries) {
  const program = (name) => join(binaries, name);
  const sockets = mkdtempSync(join(tmpdir(), 'powercut-bench-pg-'));
  process.once('exit', () => rmSync(sockets, { recursive: true, force: true }));
  chownSync(sockets, nobody.uid, nobody.gid);
  const asNobody = (name, ...words) => run(program(name), words, nobody);
  let running = false;
  return {
    unit: 'transactions/s',
    isElsewhere: true,
    before: (directory) => {
      if (running) return;
      const data = join(directory, 'pg');
      const isNew = !existsSync(join(data, 'PG_VERSION'));
      if (isNew) {
        mkdirSync(data, { recursive: true, mode: 0o700 });
        chownSync(data, nobody.uid, nobody.gid);
        asNobody('initdb', '-D', data, '-U', 'postgres', '--auth=trust', '--wal-segsize=1');
      }
      const options = `-k ${sockets} -c listen_addresses= -c shared_buffers=16MB`;
      asNobody('pg_ctl', 'start', '-w', '-s', '-D', data, '-o', options, '-l', join(sockets, 'log'));
      running = true;
      if (isNew) asNobody('pgbench', '-i', '-q', '-h', sockets, '-U', 'postgres', 'postgres');
    },
    pass: () => {
      const each = String(transactions / 4);
      asNobody('pgbench', '-n', '-c', '4', '-t', each, '-h', sockets, '-U', 'postgres', 'postgres');
      return transactions;
    },
    after: (directory) => {
      if (running) asNobody('pg_ctl', 'stop', '-w', '-s', '-m', 'fast', '-D', join(directory, 'pg'));
      running = false;
    },
  };
}

function redis() {
  let server;
  let socket;
  return {
    unit: 'sets/s',
    isElsewhere: true,
    before: (directory) => {
      if (server !== undefined) return;
      socket = join(mkdtempSync(join(tmpdir(), 'powercut-bench-redis-')), 's');
      const words = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--appendonly', 'yes'];
      server = spawn('redis-server', [...words, '--appendfsync', 'everysec', '--save', ''], {
        stdio: 'ignore',
      });
      for (let tries = 0; !isAnswering(socket); tries++) {
        if (tries > 100) throw new Error('redis-server does not answer');
        spawnSync('sleep', ['0.1']);
      }
    },
    pass: () => {
      run('redis-benchmark', ['-s', socket, '-t', 'set', '-n', String(sets), '-c', '10', '-q']);
      return sets;
    },
    after: () => {
      if (server === undefined) return;
      spawnSync('redis-cli', ['-s', socket, 'shutdown', 'nosave']);
      server.kill('SIGKILL');
      rmSync(join(socket, '..'), { recursive: true, force: true });
      server = undefined;
    },
  };
}

function isAnswering(socket) {
  return spawnSync('redis-cli', ['-s', socket, 'ping'], { encoding: 'utf8' }).stdout.startsWith('PONG');
}

function run(command, words, user) {
  const { status, stderr } = spawnSync(command, words, {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${(stderr ?? '').trim()}`);
}

function isThere(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Debian keeps servers of several versions apart, off the path. */
function postgresBinaries() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions
    .map((version) => join(root, version, 'bin'))
    .find((directory) => ['initdb', 'pg_ctl', 'pgbench'].every((name) => existsSync(join(directory, name))));
}
