// npm run bench:clogdb [-- --dir DIR --clients 1,64 --seconds 3]
//
// What group commit is worth to examples/clogdb: confirmed transactions of one client, then of 64 at once, on the file system of
// DIR. Fails where the many commit less than five times as much as the one. It speaks as little HTTP as will do, for it shares its
// processors with the server that it measures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const leastFactor = 5;

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: tmpdir() },
    clients: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '3' },
  },
});

const directory = mkdtempSync(join(values.dir, 'clogdb-bench-'));
const program = fileURLToPath(new URL('../../dist/examples/clogdb/main.js', import.meta.url));
const server = spawn(
  process.execPath,
  [program, '--data-dir', join(directory, 'data'), '--listen', '127.0.0.1:0'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  const port = await portOf(server);
  const rates = [];
  for (const clients of values.clients.split(',').map(Number)) rates.push(await measure(port, clients));
  const factor = rates.at(-1) / rates[0];
  console.log(`${factor.toFixed(1)} times as many`);
  if (factor < leastFactor) {
    console.error(
      `less than ${leastFactor} times as many: group commit does not work, or the computer is too busy`,
    );
    process.exitCode = 1;
  }
} finally {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  rmSync(directory, { recursive: true });
}

async function portOf({ stdout }) {
  let text = '';
  for await (const chunk of stdout) {
    text += chunk;
    const [, port] = /listens on \S+:(\d+)\n/.exec(text) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error('clogdb did not start');
}

/** Transactions a second. */
async function measure(port, clients) {
  const latenciesMs = [];
  const sockets = Array.from({ length: clients }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket.setNoDelay(), 'connect')));
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(sockets.map((socket, client) => work(socket, `load/${client}`, endMs, latenciesMs)));
  const rate = latenciesMs.length / ((performance.now() - startMs) / 1_000);
  latenciesMs.sort((a, b) => a - b);
  const at = (share) => latenciesMs[Math.floor(latenciesMs.length * share)].toFixed(2);
  console.log(
    `${clients} clients: ${rate.toFixed(0)} transactions/s, latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
  return rate;
}

/** One transaction after the other, until the time is up. */
function work(socket, key, endMs, latenciesMs) {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let received = '';
    const send = (value) => {
      const body = JSON.stringify([['put', key, value]]);
      sentMs = performance.now();
      socket.write(
        `POST /v1/transaction HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      // What the body says is one JSON object, and the last of it is its end.
      if (!received.endsWith('}')) return;
      if (!received.startsWith('HTTP/1.1 200 ')) return reject(new Error(received));
      received = '';
      latenciesMs.push(performance.now() - sentMs);
      if (performance.now() < endMs) return send(latenciesMs.length);
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    send(0);
  });
}
