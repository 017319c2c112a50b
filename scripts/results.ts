/** `npm run results`: makes results/README.md from results/bench.csv and its sidecar. */
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { packageRoot } from '../src/bench/checkout.js';
import { readCsv } from '../src/bench/csv.js';
import { readSidecar } from '../src/bench/sidecar.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import { resultsPage } from '../src/report/results-page.js';

try {
  const folder = join(packageRoot(), 'results');
  const csv = join(folder, 'bench.csv');
  const page = resultsPage({ csv: basename(csv), rows: readCsv(csv), sidecar: readSidecar(csv) });
  writeFileAtomic(join(folder, 'README.md'), page);
} catch (error) {
  sayError(error);
  process.exitCode = EXIT_FAILURE;
}
