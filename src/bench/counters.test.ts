import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from './columns.js';
import { differences, pinnedOf, subjects } from './counters.js';

function row(strategy: string, moved: number): Row {
  return { ...emptyRow(), file_name: 'a.o', prog_name: 'main', strategy, insn_moved_bytes: moved };
}

describe('what a strategy has done', () => {
  test('is told apart from what is pinned by program, strategy, column, both figures, and the way out', () => {
    expect(differences(row('rope', 800), row('rope', 808))).toEqual([
      'a.o main rope: insn_moved_bytes 808, pinned 800; if that is on purpose: npm run counters',
    ]);
    expect(differences(row('rope', 800), row('rope', 800))).toEqual([]);
  });

  test('must be pinned', () => {
    expect(differences(undefined, row('rope', 800))).toEqual([
      'a.o main rope: not pinned; npm run counters pins it',
    ]);
  });

  test('is compared with the row of the same program', () => {
    const [subject] = subjects();
    const own = { ...row('rope', 1), file_name: subject.fileName, prog_name: subject.progName };
    const pins = pinnedOf([row('rope', 2), own, { ...own, prog_name: 'other' }], subject);
    expect([...pins]).toEqual([['rope', own]]);
  });
});

test('strategies that would take long on a shape are left out, and a test has time for fewer still', () => {
  const shapes = subjects().filter(({ fileName }) => fileName === 'synthetic');
  expect(shapes.length).toBeGreaterThan(10);
  for (const { strategies, quick } of shapes) {
    expect(strategies.map(({ name }) => name)).toContain('linked-list');
    expect(quick.every((strategy) => strategies.includes(strategy))).toBe(true);
  }
  expect(shapes.some(({ quick }) => quick.every(({ name }) => name !== 'array'))).toBe(true);
});
