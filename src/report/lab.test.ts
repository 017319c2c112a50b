import { describe, expect, test } from 'vitest';
import { cellMs, cellsOf, effectsOf } from './ablation.js';
import { claimsOf } from './claims.js';
import { extrapolations } from './extrapolation.js';
import { threeDigits } from './figure-text.js';
import { growthOf } from './growth.js';
import { Lab, SCATTERED } from './lab.js';
import { fitPowerLaw } from './power-law.js';
import { summaryCsv } from './summary.js';
import { total } from './testing/rows.js';

describe('a lab', () => {
  const lab = new Lab([
    total('dense-10k', 'array', 100, { process: 1 }),
    total('dense-10k', 'array', 110, { process: 2 }),
    total('dense-10k', 'array', 90, { process: 3 }),
    total('dense-10k', 'rope', 5, { process: 1, peak_rss_kb: 10 }),
    total('dense-10k', 'rope', 4, { process: 2, peak_rss_kb: 30 }),
    total('dense-10k', 'rope', 6, { process: 3, peak_rss_kb: 20, timer_warning: 'few-samples' }),
    total('dense-10k', 'floor', 2),
    total('on_switch', 'array', 7, { file_name: 'pystacks180.bpf.o' }),
    total('on_switch+blinded', 'array', 9, { file_name: 'pystacks180.bpf.o' }),
    total('a', 'array', 1, { file_name: 'two.bpf.o' }),
    total('b', 'array', 1, { file_name: 'two.bpf.o' }),
  ]);

  test('names workloads shortly', () => {
    expect(lab.workloads).toEqual(['dense-10k', 'pystacks180', 'pystacks180+blinded', 'two/a', 'two/b']);
  });

  test('takes medians over processes, with an interval, and keeps warnings', () => {
    const times = lab.times('dense-10k', 'rope')!;
    expect(times).toMatchObject({ median: 5e6, processes: 3, warning: 'few-samples' });
    expect(times.low!).toBeGreaterThanOrEqual(4e6);
    expect(times.high!).toBeLessThanOrEqual(6e6);
    expect(lab.times('dense-10k', 'floor')).toMatchObject({ low: null, warning: null });
    expect(lab.times('dense-10k', 'none')).toBeUndefined();
  });

  test('does not trust processes that disagree by more than half', () => {
    const of = (...ms: number[]) =>
      new Lab(ms.map((each, process) => total('dense-10k', 'rope', each, { process }))).times(
        'dense-10k',
        'rope',
      )!.warning;
    expect(of(4, 5, 6)).toBeNull();
    expect(of(4, 4, 6)).toBeNull();
    expect(of(4, 4, 7)).toBe(SCATTERED);
    expect(of(4, 7)).toBeNull();
  });

  test('compares with the kernel’s way and with the floor', () => {
    expect(lab.timesFaster('dense-10k', 'rope')).toBe(20);
    expect(lab.floors('dense-10k', 'rope')).toBe(2.5);
    expect(lab.difference('dense-10k', 'rope')).toBeCloseTo(0.1, 1);
    expect(lab.difference('dense-10k', 'array')).toBeNull();
    expect(lab.peakBytes('dense-10k', 'rope')).toBe(30 * 1024);
  });
});

describe('what is too slow to be measured', () => {
  const rungs = [2, 4, 8, 15, 45].map((k) => [`ladder-${k}k`, { expanding_patches: k * 1000 }] as const);
  const lab = new Lab([
    ...rungs.slice(0, 4).map(([name, n]) => total(name, 'array', n.expanding_patches ** 2 / 1e6, n)),
    ...rungs.map(([name, n]) => total(name, 'rope', n.expanding_patches / 1000, n)),
  ]);

  test('is extrapolated by the law of what was', () => {
    const [only, ...others] = extrapolations(lab);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ workload: 'ladder-45k', strategy: 'array' });
    expect(only.exponent).toBeCloseTo(2, 6);
    expect(only.ns / 1e6).toBeCloseTo(45_000 ** 2 / 1e6, 3);
  });

  test('has columns of its own in the summary, and none of those of measurements', () => {
    const { columns, lines } = summaryCsv(lab);
    const line = lines.find(([workload, strategy]) => workload === 'ladder-45k' && strategy === 'array')!;
    const cell = (name: string) => line[columns.indexOf(name)];
    expect(cell('extrapolated_ms')).toBe(2025);
    expect(cell('median_ms')).toBeNull();
    expect(cell('processes')).toBeNull();
    expect(cell('extrapolated_from')).toBe('ladder-2k ladder-4k ladder-8k ladder-15k');
    const measured = lines.filter((each) => each[columns.indexOf('median_ms')] !== null);
    expect(measured).toHaveLength(9);
    expect(measured.every((each) => each[columns.indexOf('extrapolated_ms')] === null)).toBe(true);
  });
});

test('growth has the exponents of the sweeps beside those of theory', () => {
  const sizes = [2, 4, 8, 16, 31];
  const lab = new Lab(
    sizes.map((k) =>
      total(`sweep-n-${k}k`, 'array', k * 3, { prog_size: k * 1000, expanding_patches: 1000 }),
    ),
  );
  const [n] = growthOf(lab);
  expect(n).toMatchObject({ strategy: 'array', sweep: 'N', points: 5 });
  expect(n.exponent).toBeCloseTo(1, 6);
  expect(n.r2).toBeCloseTo(1, 6);
  expect(n.theory).toBeGreaterThan(0.8);
});

test('a power law through no line is refused', () => {
  expect(() => fitPowerLaw([[1, 1]])).toThrow(RangeError);
  expect(() =>
    fitPowerLaw([
      [1, 1],
      [2, 0],
    ]),
  ).toThrow(RangeError);
});

test('the ablation says what each decision alone changes', () => {
  const lab = new Lab([
    total('dense-10k', 'array-eager-inline', 400),
    total('dense-10k', 'array-deferred-inline', 40),
    total('dense-10k', 'list-eager-inline', 800),
    total('dense-10k', 'list-deferred-inline', 10),
  ]);
  expect(cellMs(cellsOf(lab, 'dense-10k'), 'list', 'deferred', 'inline')).toBe(10);
  expect(effectsOf(lab, 'dense-10k')).toEqual([
    {
      workload: 'dense-10k',
      decision: 'container',
      from: 'array',
      to: 'list',
      least: 0.5,
      median: 2.25,
      most: 4,
    },
    {
      workload: 'dense-10k',
      decision: 'branches',
      from: 'eager',
      to: 'deferred',
      least: 10,
      median: 45,
      most: 80,
    },
  ]);
});

describe('claims', () => {
  const find = (lab: Lab, text: string) => claimsOf(lab).filter(({ claim }) => claim.includes(text));

  test('without their rows are not measured, all of them', () => {
    const claims = claimsOf(new Lab([]));
    expect(claims.length).toBeGreaterThan(15);
    expect(new Set(claims.map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
  });

  test.each([
    [60, 'holds'],
    [30, 'holds in part'],
    [3, 'does not hold'],
  ])('insn-move at %d %% of the array: %s', (share, verdict) => {
    const lab = new Lab([
      total('dense-10k', 'array-parts', 100),
      total('dense-10k', 'array-parts', share, { pass: 'insn-move' }),
    ]);
    expect(find(lab, 'bottleneck of the patcher (dense-10k)')).toMatchObject([{ ours: share, verdict }]);
  });

  test('project the saved time by Amdahl’s law', () => {
    const program = { file_name: 'pystacks180.bpf.o' };
    const lab = new Lab([
      total('on_switch', 'array', 300, program),
      total('on_switch', 'linked-list', 10, program),
      total('on_switch', 'batch', 250, program),
    ]);
    const [list] = find(lab, 'A linked list saves');
    expect(list.ours).toBeCloseTo(46.99 * (1 - 1 / 30), 6);
    expect(list.verdict).toBe('holds in part');
    expect(list.from).toMatch(/^projection/);
    expect(find(lab, 'merged forward')[0].verdict).toBe('holds in part');
  });

  test('compare sizes with what real programs have', () => {
    const program = { file_name: 'pystacks180.bpf.o', prog_size: 45_988, expanding_patches: 904 };
    const lab = new Lab([total('on_switch', 'array', 1, program)]);
    expect(find(lab, 'has N instructions')).toMatchObject([{ ours: 45_988, verdict: 'does not hold' }]);
  });
});

test.each([
  [1234.5, 1235],
  [12.345, 12.3],
  [0.0123456, 0.0123],
  [0, 0],
  [99.96, 100],
  [-5.4321, -5.43],
])('%d to three digits is %d', (value, rounded) => {
  expect(threeDigits(value)).toBe(rounded);
});
