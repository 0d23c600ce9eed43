#!/usr/bin/env node
/** The executable. Everything that could be tested is in program.ts. */
import { printed } from './output.ts';
import { main } from './program.ts';

const exitCode = await main(process.argv.slice(2));
await printed();
// What a command left open (a socket, a timer) must not keep it from ending.
process.exit(exitCode);
