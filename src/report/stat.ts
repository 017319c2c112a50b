/**
 * How veristat's small languages name a figure: a column, in comparisons with a variant behind it, in bars for its size
 * without sign. The variants mean something in comparisons only; elsewhere they are accepted and do nothing.
 */
import { ColumnError, findColumn, type Cell, type ColumnName } from '../bench/columns.js';

/** Which side of a comparison: baseline, what is compared with it, or what lies between the two. */
export type Variant = 'a' | 'b' | 'diff' | 'pct';

/** Suffixes and what they name; a name without one is side B's. */
const SUFFIXES: readonly (readonly [suffix: string, variant: Variant])[] = [
  ['_a', 'a'],
  ['_b', 'b'],
  ['_diff', 'diff'],
  ['_pct', 'pct'],
];

/** A figure of a row or of a comparison. */
export interface StatRef {
  readonly column: ColumnName;
  readonly variant: Variant;
  /** Without its sign. */
  readonly absolute: boolean;
}

/** What is ordered, filtered and shown: gives the cell of a figure, `null` when it has none. */
export type ReadStat<T> = (item: T, stat: StatRef) => Cell;

/**
 * `name`, `name_a`, `name_b`, `name_diff`, `name_pct` or one of these between bars: `|name_pct|`. A name that is a
 * column's as it stands wins over one cut before its suffix.
 * @throws ColumnError when no column is meant
 */
export function parseStat(text: string): StatRef {
  const absolute = text.length > 2 && text.startsWith('|') && text.endsWith('|');
  const name = absolute ? text.slice(1, -1) : text;
  const plain = columnNamed(name);
  if (plain !== undefined) return { column: plain, variant: 'b', absolute };
  for (const [suffix, variant] of SUFFIXES) {
    if (!name.endsWith(suffix)) continue;
    const column = columnNamed(name.slice(0, -suffix.length));
    if (column !== undefined) return { column, variant, absolute };
  }
  throw new ColumnError(`unknown column '${name}'`);
}

/** The stat when the text is one; undefined otherwise. */
export function statNamed(text: string): StatRef | undefined {
  return undefinedIfUnknown(() => parseStat(text));
}

function columnNamed(spelling: string): ColumnName | undefined {
  return undefinedIfUnknown(() => findColumn(spelling));
}

function undefinedIfUnknown<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof ColumnError) return undefined;
    throw error;
  }
}

/** The cell without its sign when the stat asks for that. */
export function withoutSign(cell: Cell, { absolute }: StatRef): Cell {
  return absolute && typeof cell === 'number' ? Math.abs(cell) : cell;
}
