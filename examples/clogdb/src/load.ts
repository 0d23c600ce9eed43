#!/usr/bin/env node
/**
 * Load: confirmed transactions of one client, then of 64 at once, and what group commit makes of them. It speaks as little HTTP
 * as will do, for it shares its processors with the server that it measures.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4848' },
    clients: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '3' },
  },
});

const rates: number[] = [];
for (const clients of values.clients.split(',').map(Number)) {
  const latenciesMs: number[] = [];
  const sockets = Array.from({ length: clients }, () => connect(Number(values.port), '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket.setNoDelay(), 'connect')));
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(sockets.map((socket, client) => work(socket, `load/${client}`, endMs, latenciesMs)));
  const rate = latenciesMs.length / ((performance.now() - startMs) / 1_000);
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): string =>
    (latenciesMs[Math.floor(latenciesMs.length * share)] ?? NaN).toFixed(2);
  console.log(
    `${clients} clients: ${rate.toFixed(0)} transactions/s, latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
  rates.push(rate);
}
const [one, many] = rates;
if (one !== undefined && many !== undefined) console.log(`${(many / one).toFixed(1)} times as many`);

/** One transaction after the other, until the time is up. */
function work(socket: Socket, key: string, endMs: number, latenciesMs: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let received = '';
    const send = (value: number): void => {
      const body = JSON.stringify([['put', key, value]]);
      sentMs = performance.now();
      socket.write(
        `POST /v1/transaction HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    };
    socket.on('data', (chunk: Buffer) => {
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
