/**
 * `npm run results`: derived CSV, figures, results/README.md and the results in README from the measured CSV files in
 * results/ and their sidecars.
 */
import { join } from 'node:path';
import { packageRoot } from '../src/bench/checkout.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import { writeResults } from '../src/report/write-results.js';

try {
  const root = packageRoot();
  await writeResults(join(root, 'results'), join(root, 'README.md'));
} catch (error) {
  sayError(error);
  process.exitCode = EXIT_FAILURE;
}
