import { describe, expect, test } from 'vitest';
import { emptyRow } from '../bench/columns.js';
import { parseEmit, parseSort, sortBy, statOfRow } from './select.js';

describe('veristat’s small languages', () => {
  test('-e names columns by any spelling, in the order given', () => {
    expect(parseEmit('prog,file,dur')).toEqual(['prog_name', 'file_name', 'duration']);
    expect(() => parseEmit('prog,,file')).toThrow("unknown column ''");
  });

  test.each([
    ['duration', true],
    ['duration^', false],
    ['durationv', true],
    ['file', false],
    ['file!', true],
  ])('-s %s', (spec, descending) => {
    expect(parseSort(spec)).toMatchObject([{ stat: { variant: 'b', absolute: false }, descending }]);
  });

  test('-s refuses what is no column', () => {
    expect(() => parseSort('insnsv')).toThrow("unknown column 'insnsv'");
    expect(() => parseSort('^')).toThrow("unknown column '^'");
  });

  test('rows are ordered by the keys, then file, then program; what is absent is least', () => {
    const rows = [
      { ...emptyRow(), file_name: 'b', prog_name: 'p', duration: 5 },
      { ...emptyRow(), file_name: 'a', prog_name: 'q', duration: 5 },
      { ...emptyRow(), file_name: 'a', prog_name: 'p', duration: 5 },
      { ...emptyRow(), file_name: 'c', prog_name: 'p' },
      { ...emptyRow(), file_name: 'd', prog_name: 'p', duration: 9 },
    ];
    const order = sortBy(rows, parseSort('duration'), statOfRow).map((row) => row.file_name + row.prog_name);
    expect(order).toEqual(['dp', 'ap', 'aq', 'bp', 'cp']);
  });
});
