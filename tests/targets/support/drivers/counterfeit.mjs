#!/usr/bin/env node
// Answers ok to everything and stores nothing.
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { id, f } = JSON.parse(line);
  console.log(JSON.stringify({ id, type: 'ok', ...(f === 'read' ? { value: [] } : {}) }));
  if (f === 'close') break;
}
