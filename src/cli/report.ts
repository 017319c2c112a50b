/** `patchbench report`: the results of a folder as one HTML page. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomic } from '../bench/atomic-file.js';
import type * as Page from '../report/html/page.js';
import { measuredSource } from '../report/sources.js';

/** What `--out` is for the page on stdout. */
const STDOUT = '-';

interface ReportOptions {
  results: string;
  out: string;
}

/** Adds the command. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .description('write the measured results of a folder as one HTML page that needs no network')
    .option('--results <folder>', 'folder with lab.csv (or its parts) or bench.csv', 'results')
    .option('--out <file>', `page to write; ${STDOUT} for stdout`, 'report.html')
    .addHelpText(
      'after',
      `
Examples:
  patchbench report --out -
  patchbench report --results results --out /tmp/patchbench-report.html`,
    )
    .action(report);
}

async function report({ results, out }: ReportOptions): Promise<void> {
  const source = measuredSource(results);
  const { reportPage } = await pageMaker();
  const page = await reportPage(source);
  if (out === STDOUT) {
    process.stdout.write(page);
    return;
  }
  writeFileAtomic(out, page);
  process.stdout.write(`${resolve(out)}: ${source.rows.length} rows of ${source.files.join(', ')}\n`);
}

/**
 * Loaded when it is asked for: what draws charts takes longer to load than other commands to run.
 * @throws Error when the packages that draw charts are not installed
 */
async function pageMaker(): Promise<typeof Page> {
  try {
    return await import('../report/html/page.js');
  } catch (error) {
    const missing = /Cannot find package '(vega[^']*)'/.exec(error instanceof Error ? error.message : '');
    if (missing === null) throw error;
    throw new Error(`report draws its charts with the package ${missing[1]}: npm install vega vega-lite`);
  }
}
