/**
 * `npm run counters`: makes results/counters.csv anew, the deterministic counters that `npm test` compares with. Nothing
 * is written unless all strategies give the same program.
 */
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import type { Row } from '../src/bench/columns.js';
import { COUNTER_COLUMNS, COUNTERS_CSV, countRun, subjects } from '../src/bench/counters.js';
import { rowsToCsv } from '../src/bench/csv.js';
import { firstDifference } from '../src/bench/linear-compare.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import type { LinearProgram } from '../strategies/linear-program.js';

try {
  const rows: Row[] = [];
  for (const subject of subjects()) {
    const workload = subject.make();
    let first: LinearProgram | undefined;
    for (const strategy of subject.strategies) {
      const { linear, row } = countRun(subject, workload, strategy);
      const difference = firstDifference(linear, (first ??= linear));
      if (difference !== undefined)
        throw new Error(`${subject.fileName}: ${subject.progName}: ${strategy.name}: ${difference}`);
      rows.push(row);
    }
  }
  writeFileAtomic(COUNTERS_CSV, rowsToCsv(rows, COUNTER_COLUMNS));
} catch (error) {
  sayError(error);
  process.exitCode = EXIT_FAILURE;
}
