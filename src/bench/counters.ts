/**
 * The deterministic counters of every strategy, pinned: results/counters.csv holds what each did to rewrite each corpus
 * program and each shape of bearable size, so that a strategy that starts to move more is caught on any machine.
 * `npm run counters` makes the file anew.
 */
import { join } from 'node:path';
import { STRATEGIES, type Strategy } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { prepare } from '../fixups/rewrite.js';
import { kernelTargetOf } from '../kernel/image.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import { packageRoot } from '../package-root.js';
import type { ColumnName, Row } from './columns.js';
import { corpusFolder, readManifest } from './manifest.js';
import { PhaseLog } from './phase-log.js';
import { ProgramWorkload } from './program-workload.js';
import { countedRow } from './result-rows.js';
import type { Workload } from './workload.js';
import { SHAPES, slotsAfter, visitsOf, type Shape } from './workloads/index.js';
import { SyntheticRun } from './workloads/synthetic-run.js';

/** The pinned file. */
export const COUNTERS_CSV = join(packageRoot(), 'results', 'counters.csv');

/** How to make it anew. */
export const REGENERATE = 'npm run counters';

const KEYS = ['file_name', 'prog_name', 'strategy'] as const satisfies readonly ColumnName[];

/** What is pinned of a run. */
const FIGURES = [
  'prog_size',
  'prog_size_out',
  'patches',
  'expanding_patches',
  'insns_added',
  'insns_removed',
  'insn_moved_bytes',
  'aux_moved_bytes',
  'branch_visits',
  'probe_visits',
  'node_visits',
  'metadata_visits',
  'allocations',
  'allocated_bytes',
] as const satisfies readonly ColumnName[];

/** Columns of the pinned file. */
export const COUNTER_COLUMNS: readonly ColumnName[] = [...KEYS, ...FIGURES];

/** Something whose counters are pinned. */
export interface Subject {
  readonly fileName: string;
  readonly progName: string;
  /** Instructions before the rewriting. */
  readonly slots: number;
  /** Strategies that can be run on it in bearable time. */
  readonly strategies: readonly Strategy[];
  /** Those of them that a test has time for. */
  readonly quick: readonly Strategy[];
  /** @throws VerifierError, FixupError */
  make(): Workload;
}

const SEED = 'counters';
/** Largest shape, in slots at its end. */
const LARGEST = 50_000;
/** Most visits that a strategy may need by its nature, see `visitsOf`: seconds, and tenths of a second. */
const BEARABLE_VISITS = 5e8;
const QUICK_VISITS = 2e7;

/** Every program of the corpus and every shape of bearable size. */
export function subjects(): Subject[] {
  return [...programs(), ...SHAPES.filter((shape) => slotsAfter(shape) <= LARGEST).map(shapeSubject)];
}

function programs(): Subject[] {
  const profile = profileOf(DEFAULT_RELEASE);
  return readManifest().flatMap(({ file }) => {
    const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
    return object.programs.map((program) => ({
      fileName: object.fileName,
      progName: program.name,
      slots: program.insns.length / 2,
      strategies: STRATEGIES,
      quick: STRATEGIES,
      make: () => new ProgramWorkload(prepare(object, program, profile)),
    }));
  });
}

function shapeSubject(shape: Shape): Subject {
  const within = (visits: number) => STRATEGIES.filter(({ growth }) => visitsOf(shape, growth) <= visits);
  return {
    fileName: 'synthetic',
    progName: shape.name,
    slots: shape.slots,
    strategies: within(BEARABLE_VISITS),
    quick: within(QUICK_VISITS),
    make: () => new SyntheticRun(shape, SEED),
  };
}

/** One run: the rewritten program, and the row with what the strategy did. */
export function countRun(
  { fileName, progName }: Subject,
  workload: Workload,
  strategy: Strategy,
): { readonly linear: LinearProgram; readonly row: Row } {
  const log = new PhaseLog(true);
  const linear = workload.run(strategy, log);
  const keys = {
    fileName,
    progName,
    strategy: strategy.name,
    process: 1,
    kernel: DEFAULT_RELEASE,
    seed: SEED,
  };
  return { linear, row: countedRow(keys, log.totalWork()) };
}

/** The rows of one program, by strategy. */
export function pinnedOf(rows: readonly Row[], { fileName, progName }: Subject): ReadonlyMap<string, Row> {
  const own = rows.filter((row) => row.file_name === fileName && row.prog_name === progName);
  return new Map(own.map((row) => [row.strategy ?? '', row]));
}

/** What a run has done otherwise than the pinned row says, one line a column; none when all is the same. */
export function differences(pinned: Row | undefined, found: Row): string[] {
  const name = KEYS.map((key) => found[key]).join(' ');
  if (pinned === undefined) return [`${name}: not pinned; ${REGENERATE} pins it`];
  return FIGURES.filter((column) => pinned[column] !== found[column]).map(
    (column) =>
      `${name}: ${column} ${found[column] ?? 'absent'}, pinned ${pinned[column] ?? 'absent'}; if that is on purpose: ${REGENERATE}`,
  );
}
