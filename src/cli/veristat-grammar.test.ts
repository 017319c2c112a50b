/**
 * A CSV of ours that veristat reads. Its reader (`parse_stats_csv()` of tools/testing/selftests/bpf/veristat.c, Linux 6.12)
 * splits lines at commas without knowing quotes, takes several commas in a row for one, and reads numbers as integers.
 */
import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from '../bench/columns.js';
import { parseEmit } from '../report/select.js';
import { parseFilter } from '../report/filter.js';
import { showRows, type ShowOptions } from './show.js';

/** What veristat calls the columns that we have too, with how it reads their cells. */
const VERISTAT: Readonly<Record<string, RegExp>> = {
  file_name: /^[^,"\n]+$/,
  prog_name: /^[^,"\n]+$/,
  verdict: /^(success|failure)$/,
  duration: /^\d+$/,
  prog_size: /^\d+$/,
};

/** Reads a text as veristat does. @throws Error where veristat would refuse or misread it */
function readAsVeristat(text: string): Record<string, string>[] {
  if (text.includes('"')) throw new Error('a quote');
  const [header, ...lines] = text.split('\n').filter((line) => line !== '');
  const names = header.split(',');
  for (const name of names) if (!(name in VERISTAT)) throw new Error(`header ${name}`);
  return lines.map((line) => {
    const cells = line.split(',').filter((cell) => cell !== '');
    if (cells.length !== names.length) throw new Error(`${cells.length} cells in: ${line}`);
    names.forEach((name, at) => {
      if (!VERISTAT[name].test(cells[at])) throw new Error(`${name} is ${cells[at]}`);
    });
    return Object.fromEntries(names.map((name, at) => [name, cells[at]]));
  });
}

const EMITTED = 'file_name,prog_name,verdict,duration,prog_size';
const ROW: Row = {
  ...emptyRow(),
  file_name: 'a.bpf.o',
  prog_name: 'xdp+blinded',
  strategy: 'array',
  pass: 'total',
  verdict: 'success',
  duration: 12,
  duration_p50_ns: 12_345.67,
  prog_size: 50,
};

function shown(rows: readonly Row[], options: Partial<ShowOptions> = {}): string {
  return showRows(rows, { outputFormat: 'csv', emit: parseEmit(EMITTED), ...options });
}

describe('the CSV for veristat', () => {
  test('has its grammar: integers, no commas within cells, no empty ones', () => {
    expect(readAsVeristat(shown([ROW, { ...ROW, prog_name: 'tc', duration: 0 }]))).toEqual([
      { file_name: 'a.bpf.o', prog_name: 'xdp+blinded', verdict: 'success', duration: '12', prog_size: '50' },
      { file_name: 'a.bpf.o', prog_name: 'tc', verdict: 'success', duration: '0', prog_size: '50' },
    ]);
  });

  test('is one that this reading of the grammar can find wrong', () => {
    expect(() => readAsVeristat(shown([{ ...ROW, duration: null }]))).toThrow('4 cells');
    expect(() => readAsVeristat(shown([{ ...ROW, prog_name: 'a,b' }]))).toThrow('a quote');
    expect(() => readAsVeristat(shown([ROW], { emit: parseEmit('file,strategy') }))).toThrow(
      'header strategy',
    );
  });

  test('has one row a program: phases are left out when rows do not name them', () => {
    expect(readAsVeristat(shown([{ ...ROW, pass: 'init' }, ROW]))).toHaveLength(1);
  });

  test('keeps to it when filtered and cut', () => {
    const rows = [ROW, { ...ROW, prog_name: 'tc' }, { ...ROW, prog_name: 'tc2' }];
    expect(readAsVeristat(shown(rows, { filter: [parseFilter('tc*')], topN: 1 }))).toHaveLength(1);
  });
});
