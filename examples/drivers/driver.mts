#!/usr/bin/env node
// A driver for powercut: a set in a file that is replaced as a whole: write aside, fsync, rename, fsync the directory.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

type Request = { id: number; f: string; value?: number };
type Reply = { type: 'ok' | 'fail' | 'info'; [field: string]: unknown };

const file = 'elements.json'; // drivers are started in the disk's directory
let elements: number[] = [];

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function store(): void {
  writeFileSync(`${file}.new`, JSON.stringify(elements));
  sync(`${file}.new`); // the content is durable
  renameSync(`${file}.new`, file);
  sync('.'); // the name is durable; only then is the element acknowledged
}

function handle({ f, value }: Request): Reply {
  if (f === 'hello') {
    if (existsSync(file)) elements = JSON.parse(readFileSync(file, 'utf8')) as number[];
    return { type: 'ok', name: 'write-and-rename', version: '1' };
  }
  if (f === 'read') return { type: 'ok', value: elements };
  if (f === 'close') return { type: 'ok' };
  if (f !== 'setup' && f !== 'add') return { type: 'fail', error: `unknown f: ${f}` };
  if (value !== undefined) elements.push(value);
  store();
  return { type: 'ok' };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  let reply: Reply;
  try {
    reply = handle(request);
  } catch (error) {
    reply = { type: 'info', error: String(error) }; // nobody knows what is on the disk
  }
  console.log(JSON.stringify({ id: request.id, ...reply }));
  if (request.f === 'close') process.exit();
}
