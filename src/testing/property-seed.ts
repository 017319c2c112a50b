/**
 * Set-up of every test file: one seed for all generated cases. It is printed, and `SEED=…` takes it back, so
 * that any failure can be replayed; `RUNS=…` sets the number of cases a property tries.
 */
import fc from 'fast-check';

const fromEnvironment = process.env['SEED'];
const seed = fromEnvironment === undefined ? Date.now() & 0x7fffffff : Number.parseInt(fromEnvironment, 10);
if (!Number.isSafeInteger(seed)) throw new Error(`SEED=${fromEnvironment ?? ''} is not an integer`);

const runs = Number.parseInt(process.env['RUNS'] ?? '0', 10);
fc.configureGlobal({ seed, ...(runs > 0 ? { numRuns: runs } : {}) });

if (process.env['VITEST_POOL_ID'] === '1') console.error(`property seed: SEED=${seed}`);
