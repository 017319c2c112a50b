import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from '../bench/columns.js';
import { statOfPair } from './compare.js';
import { matchesGlob, parseFilter, parseFilterLines, passesNames, passesValues } from './filter.js';
import { statOfRow } from './select.js';

const ROW: Row = { ...emptyRow(), file_name: 'a.bpf.o', prog_name: 'xdp', verdict: 'success', duration: 100 };

function shows(row: Row, ...filters: string[]): boolean {
  const parsed = filters.map(parseFilter);
  return passesNames(parsed, row.file_name!, row.prog_name!) && passesValues(parsed, row, statOfRow);
}

describe('-f', () => {
  test.each([
    ['*', 'anything', true],
    ['x*p', 'xdp', true],
    ['x*p', 'xdpx', false],
    ['*d*', 'xdp', true],
    ['a*a', 'a', false],
    ['xdp', 'xdp', true],
    ['xd', 'xdp', false],
    ['*.*', 'a.bpf.o', true],
    ['a**o', 'a.bpf.o', true],
    ['[x]dp', 'xdp', false],
  ])('the glob %s on %s: %s', (glob, text, matches) => {
    expect(matchesGlob(glob, text)).toBe(matches);
  });

  test.each([
    [['xdp'], true],
    [['a.*'], true],
    [['a.*/'], true],
    [['/a.*'], false],
    [['a.*/xdp'], true],
    [['a.*/tc'], false],
    [['tc', 'xdp'], true],
    [['xdp', '!a.*'], false],
    [['!tc'], true],
    [['duration>99'], true],
    [['dur>=100', 'dur<5'], true],
    [['duration<>100'], false],
    [['duration==100'], true],
    [['!duration=100'], false],
    [['verdict=s'], true],
    [['verdict!=success'], false],
    [['patches>0'], false],
    [['xdp', 'duration>100'], false],
    [['tc', 'duration=100'], false],
    [['duration_a=100'], true],
    [['|duration|=100'], true],
  ])('%j shows the row: %s', (filters, shown) => {
    expect(shows(ROW, ...filters)).toBe(shown);
  });

  test.each([
    ['', 'empty filter'],
    ['!', 'empty filter'],
    ['no_such>1', "unknown column 'no_such'"],
    ['duration>many', "'many' is no value"],
    ['duration>', "'' is no value"],
    ['file=1', "'file' holds words"],
  ])('refuses %j', (text, message) => {
    expect(() => parseFilter(text)).toThrow(message);
  });

  test('honours the sign of a difference, and bars take it away', () => {
    const pair = { a: ROW, b: { ...ROW, duration: 90 } };
    const passes = (filter: string) => passesValues([parseFilter(filter)], pair, statOfPair);
    expect(passes('duration_diff<-5')).toBe(true);
    expect(passes('duration_diff>5')).toBe(false);
    expect(passes('|duration_diff|>5')).toBe(true);
    expect(passes('duration_pct=-10')).toBe(true);
    expect(passes('verdict_diff=match')).toBe(true);
    expect(passes('verdict_diff=mismatch')).toBe(false);
  });

  test('of a file is a line each, comments left out, and names the line of a mistake', () => {
    expect(parseFilterLines('# these\nxdp\n\n !tc \n').map(({ deny }) => deny)).toEqual([false, true]);
    expect(() => parseFilterLines('xdp\ndur>x')).toThrow("line 2: 'x' is no value");
  });
});
