/** `patchbench list`: what there is to choose from. */
import { Argument, type Command } from 'commander';
import { STRATEGIES } from '../../strategies/index.js';
import { COLUMNS } from '../bench/columns.js';
import { readManifest } from '../bench/manifest.js';
import { FAMILIES } from '../bench/workloads/index.js';
import { PASSES } from '../fixups/pipeline.js';
import { profileOf, RELEASES } from '../kernel/index.js';
import { formatTable, type TableColumn } from '../report/table.js';

const TOPICS = ['strategies', 'kernels', 'passes', 'workloads', 'columns', 'corpus'] as const;
type Topic = (typeof TOPICS)[number];

/** Adds the command. */
export function registerList(program: Command): void {
  program
    .command('list')
    .description('show strategies with their costs, kernels, passes, workloads, columns and the corpus')
    .addArgument(new Argument('[topic]', 'only this').choices(TOPICS))
    .addHelpText('after', '\nExamples:\n  patchbench list\n  patchbench list strategies')
    .action((topic: Topic | undefined) => {
      const topics = topic === undefined ? TOPICS : [topic];
      process.stdout.write(topics.map((name) => `${name}\n${tableOf(name)}`).join('\n'));
    });
}

function left(...headings: string[]): TableColumn[] {
  return headings.map((heading) => ({ heading, align: 'left' }));
}

function tableOf(topic: Topic): string {
  switch (topic) {
    case 'strategies':
      return formatTable(
        left('Strategy', 'Cost of M patches on N instructions', 'What it is'),
        STRATEGIES.map(({ name, cost, summary }) => [name, cost, summary]),
      );
    case 'kernels':
      return formatTable(
        [...left('Kernel', 'Taken from'), { heading: 'Aux record (B)', align: 'right' }],
        RELEASES.map((release) => {
          const { source, auxBytes } = profileOf(release);
          return [release, source, auxBytes];
        }),
      );
    case 'passes':
      return formatTable(
        left('Pass'),
        PASSES.map(({ name }) => [name]),
      );
    case 'workloads':
      return formatTable(
        left('Family', 'Workloads', 'What is varied'),
        FAMILIES.map(({ name, shapes, meaning }) => [
          name,
          shapes.map((shape) => shape.name).join(' '),
          meaning,
        ]),
      );
    case 'columns':
      return formatTable(
        left('Column', 'Also', 'Unit', 'Meaning'),
        COLUMNS.map(({ name, aliases, unit, meaning }) => [name, aliases.join(' '), unit, meaning]),
      );
    case 'corpus':
      return formatTable(
        left('Object', 'Programs', 'What it is'),
        readManifest().map(({ file, programs, description }) => [file, programs.join(' '), description]),
      );
  }
}
