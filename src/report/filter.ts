/**
 * veristat's `-f`: which rows are shown, by value (`duration>100`) or by name (`file/prog` with `*`). A leading `!` denies,
 * and deny wins. Filters that allow are alternatives to each other, but those by name and those by value are gates of
 * their own: a row has to pass both.
 */
import { columnOf, ColumnError, type Cell } from '../bench/columns.js';
import { parseStat, withoutSign, type ReadStat, type StatRef } from './stat.js';

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';
/** With the second spellings that are taken. */
type WrittenOperator = Operator | '==' | '<>';

/** `stat OP value`. */
export interface ValueFilter {
  readonly kind: 'value';
  readonly deny: boolean;
  readonly stat: StatRef;
  readonly operator: Operator;
  readonly value: number;
}

/** Globs over file and program; a side that is not restricted is undefined. */
export interface NameFilter {
  readonly kind: 'name';
  readonly deny: boolean;
  /** Matched against file or program, whichever fits. */
  readonly any?: string;
  readonly file?: string;
  readonly prog?: string;
}

export type Filter = ValueFilter | NameFilter;

/** Words for a verdict's two values; in comparisons also whether both sides agree. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ...['match', 'm', 'success', 'succ', 's', 'true', 't'].map((word) => [word, 1] as const),
  ...['mismatch', 'mis', 'failure', 'fail', 'false', 'f'].map((word) => [word, 0] as const),
]);

/**
 * One filter.
 * @throws ColumnError when it has an operator, but no figure before it or no value behind it
 */
export function parseFilter(text: string): Filter {
  const deny = text.startsWith('!');
  const body = deny ? text.slice(1) : text;
  if (body === '') throw new ColumnError(`empty filter '${text}'`);
  const value = /^([^=!<>]*)(==|!=|<>|<=|>=|=|<|>)(.*)$/.exec(body);
  if (value !== null) return valueFilter(deny, value[1], value[2] as WrittenOperator, value[3]);
  const slash = body.indexOf('/');
  if (slash < 0) return { kind: 'name', deny, any: body };
  const file = body.slice(0, slash);
  const prog = body.slice(slash + 1);
  return { kind: 'name', deny, ...(file === '' ? {} : { file }), ...(prog === '' ? {} : { prog }) };
}

function valueFilter(deny: boolean, name: string, operator: WrittenOperator, text: string): ValueFilter {
  const stat = parseStat(name);
  const { type } = columnOf(stat.column);
  if (type === 'text') throw new ColumnError(`'${name}' holds words: filter it by name, not by value`);
  const value = /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : WORDS.get(text);
  if (value === undefined) throw new ColumnError(`'${text}' is no value to filter '${name}' by`);
  return { kind: 'value', deny, stat, operator: canonical(operator), value };
}

function canonical(operator: WrittenOperator): Operator {
  if (operator === '==') return '=';
  return operator === '<>' ? '!=' : operator;
}

/**
 * The filters of a file, one a line: `#` comments and empty lines left out.
 * @throws ColumnError naming the line of the first that cannot be meant
 */
export function parseFilterLines(text: string): Filter[] {
  return text.split('\n').flatMap((line, at) => {
    const body = line.trim();
    if (body === '' || body.startsWith('#')) return [];
    try {
      return [parseFilter(body)];
    } catch (error) {
      if (error instanceof ColumnError) throw new ColumnError(`line ${at + 1}: ${error.message}`);
      throw error;
    }
  });
}

/** Whether a file and program pass the filters by name. */
export function passesNames(filters: readonly Filter[], file: string, prog: string): boolean {
  const names = filters.filter((filter) => filter.kind === 'name');
  return passes(names, (filter) => matchesName(filter, file, prog));
}

/** Whether an item passes the filters by value; what has no such figure fits none. */
export function passesValues<T>(filters: readonly Filter[], item: T, read: ReadStat<T>): boolean {
  const values = filters.filter((filter) => filter.kind === 'value');
  return passes(values, (filter) => matchesValue(filter, read(item, filter.stat)));
}

function passes<F extends Filter>(filters: readonly F[], matches: (filter: F) => boolean): boolean {
  if (filters.some((filter) => filter.deny && matches(filter))) return false;
  const allowing = filters.filter((filter) => !filter.deny);
  return allowing.length === 0 || allowing.some(matches);
}

function matchesName({ any, file, prog }: NameFilter, fileName: string, progName: string): boolean {
  if (any !== undefined) return matchesGlob(any, fileName) || matchesGlob(any, progName);
  return (
    (file === undefined || matchesGlob(file, fileName)) && (prog === undefined || matchesGlob(prog, progName))
  );
}

/** Does the whole text match? `*` stands for any text, nothing else is special. */
export function matchesGlob(glob: string, text: string): boolean {
  const parts = glob.split('*');
  const first = parts[0];
  if (parts.length === 1) return text === glob;
  const last = parts[parts.length - 1];
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

function matchesValue({ stat, operator, value }: ValueFilter, cell: Cell): boolean {
  const number = numberOf(withoutSign(cell, stat));
  if (number === undefined) return false;
  switch (operator) {
    case '=':
      return number === value;
    case '!=':
      return number !== value;
    case '<':
      return number < value;
    case '<=':
      return number <= value;
    case '>':
      return number > value;
    case '>=':
      return number >= value;
  }
}

function numberOf(cell: Cell): number | undefined {
  if (cell === null) return undefined;
  return typeof cell === 'number' ? cell : WORDS.get(cell.toLowerCase());
}
