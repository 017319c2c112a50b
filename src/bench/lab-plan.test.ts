import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../strategies/index.js';
import { FLOOR } from './floor.js';
import {
  fullTargets,
  labNames,
  PROCESSES,
  PROCESSES_OF_HEADLINES,
  shardOf,
  shortTargets,
} from './lab-plan.js';
import type { Target } from './measure.js';
import { SHAPES } from './workloads/index.js';

function program(fileName: string, progName: string, slots: number): Target {
  const load = { kernel: '6.12', seed: '1', rndHi32: false, blindConstants: false };
  return {
    fileName,
    progName,
    slots,
    workload: { kind: 'program', path: fileName, program: 0, ...load },
  };
}

function processesOf({ processes }: Target, strategy: string): number {
  return typeof processes === 'function' ? processes(strategy) : processes!;
}

const CORPUS = [
  program('small.bpf.o', 'main', 100),
  program('pystacks180.bpf.o', 'on_switch', 45_000),
  program('other.bpf.o', 'main', 300),
];
const VARIANTS = [program('pystacks180.bpf.o', 'on_switch+blinded', 45_000)];
const FULL = fullTargets(CORPUS, VARIANTS, '1');

describe('the short benchmark', () => {
  test('is the corpus, dense-10k and a small ladder, over all strategies and the floor', () => {
    const targets = shortTargets(CORPUS, '1');
    expect(targets.slice(0, 3)).toEqual(CORPUS);
    expect(targets.slice(3).map(({ progName }) => progName)).toEqual(['dense-10k', 'ladder-15k']);
    const all = [...STRATEGIES.map(({ name }) => name), FLOOR];
    for (const { strategies } of targets.slice(3)) expect(strategies).toEqual(all);
  });
});

describe('the full benchmark', () => {
  test('has every program, variant and shape, the headline ones in more processes', () => {
    expect(FULL).toHaveLength(CORPUS.length + VARIANTS.length + SHAPES.length);
    const most = FULL.filter((target) => processesOf(target, 'array') === PROCESSES_OF_HEADLINES);
    expect(most.map(({ progName }) => progName)).toEqual(['on_switch', 'dense-10k']);
    for (const target of FULL.filter((each) => !most.includes(each)))
      expect(processesOf(target, 'array')).toBe(PROCESSES);
  });

  test('keeps the phases of large programs and shapes only', () => {
    const withPhases = FULL.filter(({ onlyTotals }) => onlyTotals === false);
    expect(withPhases.map(({ progName }) => progName).slice(0, 3)).toEqual([
      'on_switch',
      'on_switch+blinded',
      'aux-56',
    ]);
    expect(FULL.find(({ fileName }) => fileName === 'small.bpf.o')?.onlyTotals).toBe(true);
  });

  test('measures the ablation on the profiler and on dense-10k', () => {
    const ablated = FULL.filter(({ strategies }) => strategies?.includes('list-eager-handle'));
    expect(ablated.map(({ progName }) => progName)).toEqual(['on_switch', 'dense-10k']);
    for (const target of ablated) {
      expect(target.strategies).toContain('array-parts');
      expect(processesOf(target, 'array-parts')).toBe(PROCESSES);
    }
    expect(FULL.flatMap(({ strategies }) => strategies!).every((name) => labNames().includes(name))).toBe(
      true,
    );
  });

  test('leaves out strategies where they would take hours, and measures the floor everywhere', () => {
    const largest = FULL.find(({ progName }) => progName === 'ladder-1M')!;
    expect(largest.strategies).not.toContain('array');
    expect(largest.strategies).toContain('linked-list');
    expect(largest.strategies).toContain(FLOOR);
  });
});

describe('shards', () => {
  test('share out all targets, each to one of them, the same way every time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (of) => {
        const shards = Array.from({ length: of }, (_, at) => shardOf(FULL, { index: at + 1, of }));
        expect(shards.flat()).toHaveLength(FULL.length);
        expect(new Set(shards.flat())).toEqual(new Set(FULL));
        expect(shardOf(FULL, { index: of, of })).toEqual(shards[of - 1]);
      }),
      { numRuns: 12 },
    );
  });

  test('keep the order of the whole and are of like size', () => {
    const shards = [1, 2, 3].map((index) => shardOf(FULL, { index, of: 3 }));
    for (const shard of shards) {
      const places = shard.map((target) => FULL.indexOf(target));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(shard.length).toBeGreaterThan(FULL.length / 10);
    }
  });

  test('of one is everything', () => {
    expect(shardOf(FULL, { index: 1, of: 1 })).toEqual(FULL);
  });
});
