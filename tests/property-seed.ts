/**
 * One seed for all property tests, so that a checkout passes or fails the same way twice. `POWERCUT_PROPERTY_SEED=random`
 * looks elsewhere each time, a number repeats what it found.
 */
import fc from 'fast-check';

const wanted = process.env['POWERCUT_PROPERTY_SEED'] ?? '20261125';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
