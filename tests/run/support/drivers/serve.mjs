// What the drivers beside this have in common: the protocol, and a set of numbers in a file, one a line.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const elements = 'elements';

/** `requests` answers each f: undefined means ok, `silence` means no reply at all; a throw is an info. */
export async function serve(requests) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, f, value } = JSON.parse(line);
    let reply;
    try {
      const answer = requests[f]?.(value);
      if (answer === silence) continue;
      reply = { type: 'ok', ...answer };
    } catch (error) {
      reply = { type: 'info', error: error.message };
    }
    console.log(JSON.stringify({ id, ...reply }));
    if (f === 'close') return;
  }
}

export const silence = Symbol('silence');

export function append(value, { sync }) {
  const file = openSync(elements, 'a');
  writeSync(file, `set-${value}\n`);
  if (sync) fsyncSync(file);
  closeSync(file);
}

/** Whole lines only: the last one may be torn. */
export function readAll() {
  if (!existsSync(elements)) return [];
  const lines = readFileSync(elements, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => /^set-\d+$/.test(line)).map((line) => Number(line.slice(4)));
}

export function syncDirectory() {
  const directory = openSync('.', 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** An empty file whose name survives. */
export function makeFile(name) {
  closeSync(openSync(name, 'a'));
  syncDirectory();
}
