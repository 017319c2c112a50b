/**
 * Set-up of every test file: takes over the run's seed (see choose-seed.ts). `RUNS=…` sets the number of cases a property
 * tries.
 */
import fc from 'fast-check';

const seed = Number.parseInt(process.env['SEED'] ?? '', 10);
if (!Number.isSafeInteger(seed)) throw new Error(`SEED=${process.env['SEED'] ?? ''} is not an integer`);

const runs = Number.parseInt(process.env['RUNS'] ?? '0', 10);
fc.configureGlobal({ seed, ...(runs > 0 ? { numRuns: runs } : {}) });
