/** `npm run results`: makes results/README.md and README's table from results/bench.csv and its sidecar. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { packageRoot } from '../src/bench/checkout.js';
import { readCsv } from '../src/bench/csv.js';
import { readSidecar } from '../src/bench/sidecar.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import { readmeTable, withReadmeTable } from '../src/report/readme-table.js';
import { resultsPage } from '../src/report/results-page.js';

try {
  const root = packageRoot();
  const csv = join(root, 'results', 'bench.csv');
  const source = { csv: basename(csv), rows: readCsv(csv), sidecar: readSidecar(csv) };
  const readme = join(root, 'README.md');
  const withTable = withReadmeTable(readFileSync(readme, 'utf8'), readmeTable(source));
  writeFileAtomic(join(root, 'results', 'README.md'), resultsPage(source));
  writeFileAtomic(readme, withTable);
} catch (error) {
  sayError(error);
  process.exitCode = EXIT_FAILURE;
}
