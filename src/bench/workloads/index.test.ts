import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../../strategies/index.js';
import { corpusFolder, readManifest } from '../manifest.js';
import {
  affordable,
  AFFORDABLE_VISITS,
  DENSE_10K,
  FAMILIES,
  familyOf,
  PROGRAM_VARIANTS,
  shapeOf,
  SHAPES,
  slotsAfter,
  visitsOf,
} from './index.js';

describe('the registry of workloads', () => {
  it('knows each shape by a name of its own, which begins with its family’s', () => {
    expect(new Set(SHAPES.map(({ name }) => name)).size).toBe(SHAPES.length);
    for (const family of FAMILIES) {
      expect(family.meaning).toMatch(/^\S.*\.$/);
      expect(family.shapes.length).toBeGreaterThan(0);
      for (const shape of family.shapes) {
        expect(shape.name.startsWith(family.name), shape.name).toBe(true);
        expect(shapeOf(shape.name)).toBe(shape);
        expect(familyOf(shape)).toBe(family);
      }
    }
    expect(() => shapeOf('dense')).toThrow(/^no shape 'dense'; there are aux-56, /);
    expect(() => familyOf({ ...DENSE_10K })).toThrow('shape dense-10k belongs to no family');
  });

  it('has the workloads that are to be measured', () => {
    const names = SHAPES.map(({ name }) => name);
    const ladder = ['15k', '45k', '95k', '195k', '1M'].map((rung) => `ladder-${rung}`);
    const orders = ['ascending', 'descending', 'clustered', 'scattered'].map((order) => `order-${order}`);
    const lengths = [2, 3, 8, 20].map((length) => `length-${length}`);
    const branches = [0, 10, 20, 40].map((percent) => `branches-${percent}`);
    const widths = [56, 72, 88, 136].map((bytes) => `aux-${bytes}`);
    expect(names).toEqual(
      expect.arrayContaining(['dense-10k', 'removal-heavy', ...ladder, ...orders, ...lengths]),
    );
    expect(names).toEqual(expect.arrayContaining([...branches, ...widths]));
  });

  it('names rungs of the ladder by their patches', () => {
    const rungs = FAMILIES.find(({ name }) => name === 'ladder')!.shapes;
    expect(rungs.map(({ name, patches }) => [name, patches])).toEqual([
      ['ladder-2k', 2_000],
      ['ladder-4k', 4_000],
      ['ladder-8k', 8_000],
      ['ladder-15k', 15_000],
      ['ladder-45k', 45_000],
      ['ladder-95k', 95_000],
      ['ladder-195k', 195_000],
      ['ladder-1M', 1_000_000],
    ]);
  });

  it('varies programs that the corpus has', () => {
    const files = readManifest(corpusFolder()).map(({ file }) => file);
    expect(PROGRAM_VARIANTS.length).toBeGreaterThan(0);
    for (const { file, rndHi32, blindConstants } of PROGRAM_VARIANTS) {
      expect(files).toContain(file);
      expect(rndHi32 || blindConstants).toBe(true);
    }
  });
});

describe('what a shape costs', () => {
  it('is the number of patches times the mean length for what touches everything at each', () => {
    // 5,000 patches on 10,000 to 20,000 records, and each record once.
    expect(visitsOf(DENSE_10K, 'quadratic')).toBe(5_000 * 15_000 + 25_000);
    expect(visitsOf(DENSE_10K, 'linear')).toBe(25_000);
    expect(visitsOf(shapeOf('order-scattered'), 'distance')).toBe(50_000 + (5_000 * 15_000) / 3);
    expect(visitsOf(shapeOf('order-descending'), 'distance')).toBe(50_000);
    // 2,500 removals on 10,000 to 5,000 records, 1,000 patches on 5,000 to 7,000.
    expect(visitsOf(shapeOf('removal-heavy'), 'quadratic')).toBe(13_000 + 2_500 * 7_500 + 1_000 * 6_000);
  });

  it('keeps the array from the upper rungs of the ladder only, and all others from nothing', () => {
    const kept = (growth: 'linear' | 'distance' | 'quadratic') =>
      SHAPES.filter((shape) => !affordable(shape, growth)).map(({ name }) => name);
    expect(kept('quadratic')).toEqual(['ladder-45k', 'ladder-95k', 'ladder-195k', 'ladder-1M']);
    expect(kept('distance')).toEqual([]);
    expect(kept('linear')).toEqual([]);
    expect(visitsOf(shapeOf('ladder-15k'), 'quadratic')).toBeLessThan(AFFORDABLE_VISITS);
  });

  it('leaves every strategy at least five points of each sweep, where no branch can overflow', () => {
    for (const name of ['sweep-n', 'sweep-m']) {
      const { shapes } = FAMILIES.find((family) => family.name === name)!;
      for (const { growth } of STRATEGIES) {
        expect(shapes.filter((shape) => affordable(shape, growth)).length).toBeGreaterThanOrEqual(5);
      }
      for (const shape of shapes) expect(slotsAfter(shape)).toBeLessThanOrEqual(0x7fff);
    }
  });
});
