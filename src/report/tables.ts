/**
 * The tables of the results: built once from a measurement, written as Markdown in `results/README.md` and as HTML by
 * `patchbench report`. A builder gives no table when the rows it needs were not measured.
 */
import type { Cell } from '../bench/columns.js';
import { COMPARED_BY, cellMs, cellsOf, DECISIONS, effectsOf } from './ablation.js';
import { isProposal, type Claim } from './claims.js';
import { extrapolations, patchesOf } from './extrapolation.js';
import { milliseconds, orNull, threeDigits } from './figure-text.js';
import { growthOf, slotsOf } from './growth.js';
import { FLOOR_NAME, type Lab } from './lab.js';
import { grouped } from './markdown.js';
import type { Source } from './sources.js';
import type { TableColumn } from './table.js';
import { operationCells } from './work.js';

/** A table as data: what it looks like is up to the page. */
export interface Table {
  /** What it shows, where a section has several. */
  readonly title?: string;
  readonly columns: readonly TableColumn[];
  /** Lines of as many cells as there are columns; null is an empty cell. */
  readonly cells: readonly (readonly Cell[])[];
}

function table(
  columns: readonly TableColumn[],
  cells: readonly (readonly Cell[])[],
  title?: string,
): Table[] {
  return [{ columns, cells, ...(title === undefined ? {} : { title }) }];
}

function right(heading: string): TableColumn {
  return { heading, align: 'right' };
}

function left(heading: string): TableColumn {
  return { heading, align: 'left' };
}

/** Every claim with the figure that was given, the lab’s and the verdict. */
export function claimsTable(claims: readonly Claim[]): Table[] {
  return table(
    [left('Claim'), left('Literature'), right('Here'), left('Unit'), left('Verdict'), left('From')],
    claims.map(({ claim, literature, ours, unit, verdict, from }) => [
      claim,
      literature,
      orNull(ours, threeDigits),
      unit,
      verdict,
      from,
    ]),
  );
}

/** Programs that stand for large ones, by name. */
export const LARGE_WORKLOADS = ['dense-10k', 'pystacks50', 'pystacks180', 'pystacks600'];

/** Every strategy on the large programs, with intervals and comparisons. */
export function headlineTable(lab: Lab): Table[] {
  const lines = LARGE_WORKLOADS.flatMap((workload) =>
    proposals(lab, workload).map((strategy): Cell[] => {
      const times = lab.times(workload, strategy)!;
      return [
        workload,
        slotsOf(lab, workload),
        patchesOf(lab, workload),
        strategy,
        milliseconds(times.median),
        times.low === null || times.high === null
          ? ''
          : `${milliseconds(times.low)} to ${milliseconds(times.high)}`,
        orNull(lab.timesFaster(workload, strategy), threeDigits),
        orNull(lab.floors(workload, strategy), threeDigits),
        orNull(lab.difference(workload, strategy), threeDigits),
        times.warning ?? '',
      ];
    }),
  );
  const columns = [
    left('Workload'),
    right('N'),
    right('M'),
    left('Strategy'),
    right('ms'),
    right('interval'),
  ];
  return lines.length === 0
    ? []
    : table(
        [...columns, right('times faster'), right('floors'), right('p'), left('Not to be trusted')],
        lines,
      );
}

/** Registered strategies that were measured on a workload, and the floor. */
export function proposals(lab: Lab, workload: string): string[] {
  return lab
    .strategies(workload)
    .filter(
      (strategy) =>
        (isProposal(strategy) || strategy === FLOOR_NAME) && lab.times(workload, strategy) !== undefined,
    );
}

/** The cells of the ablation, then what each decision alone changes. */
export function ablationTables(lab: Lab): Table[] {
  const workloads = COMPARED_BY.filter((workload) => cellsOf(lab, workload).length > 0);
  if (workloads.length === 0) return [];
  const cells = workloads.flatMap((workload) => {
    const measured = cellsOf(lab, workload);
    return DECISIONS.container.flatMap((container) =>
      DECISIONS.aux.map((aux): Cell[] => [
        workload,
        container,
        aux,
        ...DECISIONS.branches.map((branches) => cellMs(measured, container, branches, aux)),
      ]),
    );
  });
  const effects = workloads.flatMap((workload) =>
    effectsOf(lab, workload).map(({ decision, from, to, least, median, most }): Cell[] => [
      workload,
      decision,
      `${from} to ${to}`,
      threeDigits(least),
      threeDigits(median),
      threeDigits(most),
    ]),
  );
  return [
    ...table(
      [left('Workload'), left('Container'), left('Aux'), right('eager (ms)'), right('deferred (ms)')],
      cells,
      'Milliseconds of every combination',
    ),
    ...table(
      [left('Workload'), left('Decision'), left('Change'), right('least'), right('median'), right('most')],
      effects,
      'Times faster by one decision alone',
    ),
  ];
}

/** Milliseconds of every strategy on pystacks180, phase by phase. */
export function phaseTable(lab: Lab): Table[] {
  const workload = 'pystacks180';
  const strategies = proposals(lab, workload);
  if (strategies.length === 0) return [];
  const passes = [...new Set(strategies.flatMap((strategy) => lab.passes(workload, strategy)))];
  return table(
    [left('Phase (ms)'), ...strategies.map(right)],
    passes.map((pass) => [
      pass,
      ...strategies.map((strategy) => orNull(lab.times(workload, strategy, pass)?.median, milliseconds)),
    ]),
  );
}

/** What every strategy did on the large programs, counted. */
export function operationsTable(lab: Lab): Table[] {
  const lines = ['dense-10k', 'pystacks180'].flatMap((workload) =>
    proposals(lab, workload).map((strategy) => operationCells(lab, workload, strategy)!),
  );
  const counted = ['Insns moved', 'Aux moved', 'Branches', 'Probes', 'Nodes', 'Metadata', 'Allocations'];
  return lines.length === 0
    ? []
    : table([left('Workload'), left('Strategy'), ...counted.map(right), right('All'), right('fewer')], lines);
}

/** Milliseconds on every rung of the ladder; extrapolated ones in brackets. */
export function ladderTable(lab: Lab): Table[] {
  const rungs = lab.workloads.filter((name) => name.startsWith('ladder-'));
  if (rungs.length === 0) return [];
  const strategies = [...new Set(rungs.flatMap((rung) => proposals(lab, rung)))];
  const beyond = extrapolations(lab);
  return table(
    [left('Strategy (ms)'), ...rungs.map((rung) => right(rung.slice('ladder-'.length)))],
    strategies.map((strategy) => [
      strategy,
      ...rungs.map((rung) => {
        const times = lab.times(rung, strategy);
        if (times !== undefined) return milliseconds(times.median);
        const law = beyond.find((each) => each.workload === rung && each.strategy === strategy);
        return law === undefined ? null : `(${grouped(milliseconds(law.ns))})`;
      }),
    ]),
  );
}

/** Measured and theoretical exponents of every strategy. */
export function growthTable(lab: Lab): Table[] {
  const growth = growthOf(lab);
  if (growth.length === 0) return [];
  const strategies = [...new Set(growth.map(({ strategy }) => strategy))];
  return table(
    [left('Strategy'), right('in N'), right('theory in N'), right('in M'), right('theory in M')],
    strategies.map((strategy) => [
      strategy,
      ...(['N', 'M'] as const).flatMap((sweep) => {
        const found = growth.find((each) => each.strategy === strategy && each.sweep === sweep);
        return [orNull(found?.exponent, threeDigits), orNull(found?.theory, threeDigits)];
      }),
    ]),
  );
}

/** Milliseconds of all strategies on the workloads whose names begin so. */
export function familyTable(lab: Lab, prefix: string): Table[] {
  const workloads = lab.workloads.filter((name) => name.startsWith(prefix));
  return workloads.length === 0 ? [] : timesTable(lab, workloads);
}

function timesTable(lab: Lab, workloads: readonly string[]): Table[] {
  const strategies = [...new Set(workloads.flatMap((workload) => proposals(lab, workload)))];
  return table(
    [left('Workload'), right('N'), right('M'), ...strategies.map(right)],
    workloads.map((workload) => [
      workload,
      slotsOf(lab, workload),
      patchesOf(lab, workload),
      ...strategies.map((strategy) => orNull(lab.times(workload, strategy)?.median, milliseconds)),
    ]),
  );
}

/** The most MiB resident, by strategy and workload. */
export function memoryTable(lab: Lab): Table[] {
  const workloads = ['pystacks180', 'dense-10k', 'ladder-1M'].filter((name) => lab.workloads.includes(name));
  if (workloads.length === 0) return [];
  const strategies = [...new Set(workloads.flatMap((workload) => proposals(lab, workload)))];
  return table(
    [left('Strategy (MiB)'), ...workloads.map(right)],
    strategies.map((strategy) => [
      strategy,
      ...workloads.map((workload) =>
        orNull(lab.peakBytes(workload, strategy), (bytes) => Math.round(bytes / 2 ** 20)),
      ),
    ]),
  );
}

/** Programs of the corpus as loaded usually; the large ones have a section of their own. */
export function corpusTable(lab: Lab): Table[] {
  const synthetic = new Set(
    lab.rows.flatMap(({ file_name, prog_name }) => (file_name === 'synthetic' ? (prog_name ?? '') : [])),
  );
  const workloads = lab.workloads.filter((name) => !synthetic.has(name) && !name.includes('+'));
  return workloads.length === 0 ? [] : timesTable(lab, workloads);
}

/** A line per measured file: command, date, commit, machine. */
export function provenanceTable({ files, sidecars }: Source): Table {
  const lines = sidecars.map(({ machine, os, commit, date, node, v8, kernel, seed, command }, at): Cell[] => [
    files[at],
    command,
    date,
    commit.hash + (commit.dirty === true ? ' with changes' : ''),
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memory_bytes / 2 ** 30)} GiB, ${machine.arch}`,
    `${os.platform} ${os.release}`,
    `Node ${node}, V8 ${v8}`,
    `Linux ${kernel}`,
    seed,
  ]);
  const headings = ['File', 'Command', 'Date', 'Commit', 'Machine', 'System', 'Node', 'Profile', 'Seed'];
  return { columns: headings.map(left), cells: lines };
}
