import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from './columns.js';
import { FLOOR } from './floor.js';
import { withFloorRatios } from './result-rows.js';

function row(strategy: string, pass: string, ns: number | null): Row {
  return { ...emptyRow(), strategy, pass, duration_p50_ns: ns };
}

describe('the ratio to the floor', () => {
  test('is taken of totals, against the median over the floor’s processes', () => {
    const rows = [
      row('array', 'init', 50),
      row('array', 'total', 500),
      row(FLOOR, 'total', 100),
      row(FLOOR, 'total', 90),
      row(FLOOR, 'total', 200),
    ];
    expect(withFloorRatios(rows).map((each) => each.floor_ratio)).toEqual([null, 5, 1, 0.9, 2]);
  });

  test('is absent where there is no floor, no time, or a floor that the clock does not show', () => {
    const ratios = (...rows: Row[]) => withFloorRatios(rows).map((each) => each.floor_ratio);
    expect(ratios(row('array', 'total', 500))).toEqual([null]);
    expect(ratios(row('array', 'total', null), row(FLOOR, 'total', 10))).toEqual([null, 1]);
    expect(ratios(row('array', 'total', 500), row(FLOOR, 'total', 0))).toEqual([null, null]);
  });
});
