/**
 * The one table of columns. The CSV header, the reader, table headings, units, sort directions and the documentation
 * in the sidecar all come from it: a new figure is a new row here and a value in the row that carries it.
 *
 * Names are veristat's where they mean the same (`file_name`, `prog_name`, `verdict`, `duration`, `prog_size`); what
 * veristat does not have carries its unit in the name. Every cell of one row is either a value or absent (`null`):
 * absent is an empty cell in CSV and `N/A` in tables, never 0.
 */

/** `text` and `verdict` are strings; `integer` is a safe integer; `real` has at most two decimals. */
export type ColumnType = 'text' | 'verdict' | 'integer' | 'real';

export interface Column {
  /** First spelling: the CSV header. */
  readonly name: string;
  /** Other spellings, accepted wherever a column is named. */
  readonly aliases: readonly string[];
  /** Heading in tables. */
  readonly heading: string;
  /** Unit of the value, `-` for words and plain counts of what the meaning names. */
  readonly unit: string;
  readonly meaning: string;
  readonly type: ColumnType;
  /** Direction of a sort that names none. */
  readonly sort: 'asc' | 'desc';
  /** Alignment of the heading; a cell follows its type, words left and numbers right. */
  readonly align: 'left' | 'right';
}

export const COLUMNS = [
  {
    name: 'file_name',
    aliases: ['filename', 'file'],
    heading: 'File',
    unit: '-',
    meaning: 'Object file without folders; `synthetic` for a shape made from a seed',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'prog_name',
    aliases: ['progname', 'prog'],
    heading: 'Program',
    unit: '-',
    meaning:
      'Entry function of the program, with `+rnd_hi32` or `+blinded` when it was loaded that way; the name of the shape',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'strategy',
    aliases: [],
    heading: 'Strategy',
    unit: '-',
    meaning: 'How the instructions were held',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'pass',
    aliases: ['phase'],
    heading: 'Pass',
    unit: '-',
    meaning:
      'Part of the run: `init` (making the store), each rewriting pass by its name, `finish` (branches and metadata ' +
      'resolved into the linear program), `total` (all of them)',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'process',
    aliases: [],
    heading: 'Process',
    unit: '-',
    meaning:
      'Number of the measuring process among those of this strategy on this program, from 1; small programs share ' +
      'processes, strategies never do',
    type: 'integer',
    sort: 'asc',
    align: 'right',
  },
  {
    name: 'verdict',
    aliases: [],
    heading: 'Verdict',
    unit: 'success or failure',
    meaning: 'Whether the output of every sample was the same, bit for bit, as that of the reference store',
    type: 'verdict',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'duration',
    aliases: ['dur'],
    heading: 'Duration (us)',
    unit: 'us',
    meaning: 'Median time of a sample, rounded: `duration_p50_ns` for readers of veristat',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'floor_ratio',
    aliases: ['floor'],
    heading: 'Of floor',
    unit: 'x',
    meaning:
      'Median time relative to the floor’s on the same program in the same run (the median over its processes); in ' +
      '`total` only. The floor knows all patches beforehand and writes the program once: no strategy can be faster',
    type: 'real',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'prog_size',
    aliases: [],
    heading: 'Program size',
    unit: 'slots',
    meaning: 'Instructions before this part of the run (before any rewriting in `init` and `total`)',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'prog_size_out',
    aliases: ['size_out'],
    heading: 'Size out',
    unit: 'slots',
    meaning: 'Instructions after this part of the run',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'aux_bytes',
    aliases: [],
    heading: 'Aux record (B)',
    unit: 'bytes',
    meaning:
      'Size of the aux record that each instruction has: struct bpf_insn_aux_data of the kernel modelled',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'patches',
    aliases: [],
    heading: 'Patches',
    unit: 'calls',
    meaning: 'What the kernel does by bpf_patch_insn_data(), one-for-one rewrites among them',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'expanding_patches',
    aliases: ['expanding'],
    heading: 'Expanding',
    unit: 'calls',
    meaning: 'Patches of more than one instruction',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'insns_added',
    aliases: ['added'],
    heading: 'Added',
    unit: 'slots',
    meaning: 'Instructions that patches added',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'insns_removed',
    aliases: ['removed'],
    heading: 'Removed',
    unit: 'slots',
    meaning: 'Instructions taken out by verifier_remove_insns()',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'records_walked',
    aliases: ['walked'],
    heading: 'Walked',
    unit: 'slots',
    meaning:
      'Steps that the passes take over the sequence, the same for every strategy: counted on the reference store, ' +
      'absent where the expected output is calculated without it',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'insn_moved_bytes',
    aliases: ['insn_moved'],
    heading: 'Insns moved (B)',
    unit: 'bytes',
    meaning: 'Instruction words copied from one place to another',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'aux_moved_bytes',
    aliases: ['aux_moved'],
    heading: 'Aux moved (B)',
    unit: 'bytes',
    meaning: 'Aux records copied from one place to another',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'branch_visits',
    aliases: [],
    heading: 'Branch visits',
    unit: 'slots',
    meaning: 'Instructions looked at by scans that adjust or resolve branches',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'probe_visits',
    aliases: [],
    heading: 'Probe visits',
    unit: 'slots',
    meaning: 'Instructions looked at by scans that only look for a 16-bit branch overflow',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'node_visits',
    aliases: [],
    heading: 'Node visits',
    unit: 'nodes',
    meaning: 'Tree nodes, chunks, list nodes or log entries followed to find or link a place',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'metadata_visits',
    aliases: [],
    heading: 'Metadata visits',
    unit: 'entries',
    meaning: 'Subprograms, line info, poke descriptors and insn array entries looked at or moved',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'allocations',
    aliases: ['allocs'],
    heading: 'Allocations',
    unit: 'calls',
    meaning: 'Allocations of backing memory',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'allocated_bytes',
    aliases: ['allocated'],
    heading: 'Allocated (B)',
    unit: 'bytes',
    meaning: 'Size of those allocations together',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'duration_p50_ns',
    aliases: ['p50'],
    heading: 'Median (ns)',
    unit: 'ns',
    meaning: 'Median time of a sample',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'duration_mad_ns',
    aliases: ['mad'],
    heading: 'MAD (ns)',
    unit: 'ns',
    meaning: 'Median of the distances from the median, not scaled to a standard deviation',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'duration_p99_ns',
    aliases: ['p99'],
    heading: 'P99 (ns)',
    unit: 'ns',
    meaning: '99th percentile of the samples, interpolated',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'duration_min_ns',
    aliases: ['min'],
    heading: 'Min (ns)',
    unit: 'ns',
    meaning: 'Fastest sample',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'samples',
    aliases: [],
    heading: 'Samples',
    unit: 'runs',
    meaning: 'Runs of the whole pipeline that the times are taken from, each on a fresh store',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'rme_pct',
    aliases: ['rme'],
    heading: 'RME (%)',
    unit: '%',
    meaning: "Half width of the mean's 95 % confidence interval within the process, relative to the mean",
    type: 'real',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'peak_rss_kb',
    aliases: ['peak_rss'],
    heading: 'Peak RSS (KiB)',
    unit: 'KiB',
    meaning:
      'Largest resident memory of the measuring process until this program was done, Node itself (some 45,000) and ' +
      'the loaded programs included: small programs share a process',
    type: 'integer',
    sort: 'desc',
    align: 'right',
  },
  {
    name: 'timer_warning',
    aliases: [],
    heading: 'Timer',
    unit: '-',
    meaning:
      'Why the times are not to be trusted: `low-resolution` (the median is under 20 steps of the clock), ' +
      '`zero-dominated`, `low-distinct`, `zero-mad` (the samples show the clock rather than the work), `few-samples` ' +
      '(under 5); `none` otherwise',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'kernel',
    aliases: [],
    heading: 'Kernel',
    unit: '-',
    meaning: 'Release whose rewriting was run',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
  {
    name: 'seed',
    aliases: [],
    heading: 'Seed',
    unit: '-',
    meaning: 'Seed of every random number of the run',
    type: 'text',
    sort: 'asc',
    align: 'left',
  },
] as const satisfies readonly Column[];

type Known = (typeof COLUMNS)[number];

/** First spelling of a column. */
export type ColumnName = Known['name'];

/** Value of a column type. */
type CellOf<T extends ColumnType> = T extends 'text'
  ? string
  : T extends 'verdict'
    ? 'success' | 'failure'
    : number;

/** One line of a result: a value for every column, `null` where there is none. */
export type Row = { readonly [C in Known as C['name']]: CellOf<C['type']> | null };

/** A cell, whatever its column. */
export type Cell = string | number | null;

/** First spellings in the order of the CSV. */
export const COLUMN_NAMES: readonly ColumnName[] = COLUMNS.map((column) => column.name);

const BY_SPELLING: ReadonlyMap<string, Known> = new Map(
  COLUMNS.flatMap((column) =>
    [column.name, ...column.aliases].map((spelling) => [spelling, column] as const),
  ),
);

const BY_NAME: ReadonlyMap<string, Known> = new Map(COLUMNS.map((column) => [column.name, column]));

/** A name, a cell or a row that does not fit the table. `message` is one line. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

/** The column of a first spelling. */
export function columnOf(name: ColumnName): Column {
  return BY_NAME.get(name)!;
}

/**
 * The column that a user names by any of its spellings; matching is exact, as veristat's is.
 * @throws ColumnError when there is none
 */
export function findColumn(spelling: string): ColumnName {
  const column = BY_SPELLING.get(spelling);
  if (column === undefined) throw new ColumnError(`unknown column '${spelling}'`);
  return column.name;
}

/** The row with nothing in it. */
export function emptyRow(): Row {
  return Object.fromEntries(COLUMN_NAMES.map((name) => [name, null])) as unknown as Row;
}

/** A leading character that makes spreadsheets take a cell for a formula. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
const GUARDED_FORMULA = /^'+[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/**
 * The CSV text of a cell; empty when absent. Words that a spreadsheet would run as a formula get an apostrophe in
 * front, which `parseCell` takes away again.
 */
export function formatCell(name: ColumnName, cell: Cell): string {
  if (cell === null) return '';
  const { type } = columnOf(name);
  if (type === 'integer') return String(cell);
  if (type === 'real') return String(Math.round(Number(cell) * 100) / 100);
  const text = String(cell);
  return FORMULA.test(text) || GUARDED_FORMULA.test(text) ? `'${text}` : text;
}

/**
 * The value of a CSV cell.
 * @throws ColumnError naming column and text when the text is not of the column's type
 */
export function parseCell(name: ColumnName, text: string): Cell {
  if (text === '') return null;
  const { type } = columnOf(name);
  switch (type) {
    case 'integer': {
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
        throw new ColumnError(`column ${name}: '${excerpt(text)}' is not an integer`);
      return value;
    }
    case 'real': {
      if (!/^-?\d+(\.\d+)?$/.test(text))
        throw new ColumnError(`column ${name}: '${excerpt(text)}' is not a number`);
      return Number(text);
    }
    case 'verdict':
      if (text !== 'success' && text !== 'failure')
        throw new ColumnError(`column ${name}: '${excerpt(text)}' is neither 'success' nor 'failure'`);
      return text;
    case 'text':
      return GUARDED_FORMULA.test(text) ? text.slice(1) : text;
  }
}

/** At most 40 characters of a text, so that no message grows with its input. */
function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
