#!/usr/bin/env node
/** The executable. Everything that could be tested is in program.ts. */
import { main } from './program.ts';

process.exit(await main(process.argv.slice(2)));
