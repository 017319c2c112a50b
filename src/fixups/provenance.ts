/** Where every instruction of a rewritten program comes from: the passes run over a store that remembers its edits. */
import { strategyOf } from '../../strategies/index.js';
import { AUX_ORIG } from '../../strategies/store.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { CurrentSlot, OriginalSlot } from '../isa/insn.js';
import type { BpfProgram } from '../object/program.js';
import { newEnv, PASSES, type Prepared } from './pipeline.js';
import { ruleNames } from './rules.js';
import type { SymbolTable } from './symbols.js';
import { TracedStore, type Edit } from './traced-store.js';

/** A rewritten program and the history of its instructions. */
export interface Provenance {
  readonly linear: LinearProgram;
  readonly symbols: SymbolTable;
  /** Per final slot: the slot of the program as loaded that it stems from, and what was done to it, last first. */
  readonly origins: readonly Origin[];
  /** Per original slot: is any of what it became still there? */
  readonly survives: readonly boolean[];
}

export interface Origin {
  readonly originalSlot: OriginalSlot;
  /** Edits that wrote the instruction, the last first; none when it is as loaded. */
  readonly edits: readonly Edit[];
  /** First and last final slot of the run that the last edit wrote, as far as it still stands together. */
  readonly run: readonly [first: CurrentSlot, last: CurrentSlot];
}

/**
 * Runs the passes on a prepared program and remembers. The output is the strategy's own, bit for bit.
 * @throws FixupError, PatchRangeError as the passes do
 */
export function traceRewrite(prepared: Prepared, strategy = 'linked-list'): Provenance {
  const { object, program, profile, input } = prepared;
  const chosen = strategyOf(strategy);
  const store = new TracedStore(input, (wide) => chosen.create(wide), ruleNames(object, profile));
  const env = newEnv(prepared, store);
  for (const pass of PASSES) {
    store.pass = pass.name;
    if (pass.applies(env)) pass.run(env);
  }
  const { linear, edits } = store.finishTraced();
  const origins = originsOf(linear, edits);
  const survives = Array.from({ length: program.insns.length / 2 }, () => false);
  for (const { originalSlot } of origins) survives[originalSlot] = true;
  return { linear, symbols: env.symbols, origins, survives };
}

function originsOf(linear: LinearProgram, edits: readonly (Edit | undefined)[]): Origin[] {
  const origins: Origin[] = [];
  for (let slot = 0; slot < linear.length; slot++) {
    const edit = edits[slot];
    const own = linear.aux[slot * linear.auxWords + AUX_ORIG];
    let first = slot;
    while (edit !== undefined && first > 0 && edits[first - 1] === edit) first--;
    let last = slot;
    while (edit !== undefined && edits[last + 1] === edit) last++;
    origins.push({
      originalSlot: own > 0 ? own - 1 : (edit?.originalSlot ?? 0),
      edits: historyOf(edit),
      run: [first, last],
    });
  }
  return origins;
}

function historyOf(last: Edit | undefined): Edit[] {
  const history: Edit[] = [];
  for (let edit = last; edit !== undefined; edit = edit.earlier) history.push(edit);
  return history;
}

/** Source line that covers an original slot; undefined when the program has no line info before it. */
export function lineOf(program: BpfProgram, slot: OriginalSlot): BpfProgram['lineInfo'][number] | undefined {
  let found: BpfProgram['lineInfo'][number] | undefined;
  for (const entry of program.lineInfo) {
    if (entry.slot > slot) break;
    found = entry;
  }
  return found;
}
