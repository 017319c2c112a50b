/**
 * Runs once before all test files: draws one seed for every generated case, unless `SEED=…` gives it, and prints it,
 * so that any failure can be replayed.
 */
export default function chooseSeed(): void {
  process.env['SEED'] ??= String(Date.now() & 0x7fffffff);
  console.error(`seed of generated cases: SEED=${process.env['SEED']}`);
}
