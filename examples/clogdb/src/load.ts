#!/usr/bin/env node
/** Load: confirmed transactions of one client, then of 64 at once, and what group commit makes of them. */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:4848' },
    clients: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '3' },
  },
});

const rates: number[] = [];
for (const clients of values.clients.split(',').map(Number)) {
  const latenciesMs: number[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const [startMs, endMs] = [performance.now(), performance.now() + Number(values.seconds) * 1_000];
  await Promise.all(
    Array.from({ length: clients }, (_, client) => work(agent, `load/${client}`, endMs, latenciesMs)),
  );
  const rate = latenciesMs.length / ((performance.now() - startMs) / 1_000);
  agent.destroy();
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

async function work(agent: Agent, key: string, endMs: number, latenciesMs: number[]): Promise<void> {
  for (let value = 0; performance.now() < endMs; value++) {
    const startMs = performance.now();
    await put(agent, key, value);
    latenciesMs.push(performance.now() - startMs);
  }
}

function put(agent: Agent, key: string, value: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${values.url}/v1/transaction?confirmed=true`,
      { method: 'POST', agent },
      (response) => {
        response.resume();
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
        response.once('end', resolve);
      },
    );
    sent.once('error', reject);
    sent.end(JSON.stringify([['put', key, value]]));
  });
}
