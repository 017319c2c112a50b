/**
 * Where the address of a subprogram, or the call of it, leads once that subprogram went as dead code. It happens to
 * callbacks that the check never got to: `bpf_loop()` known to make no turn, or an address that is loaded and not used.
 *
 * The kernel keeps such a reference's *slot* while the run of dead code around it closes up (`bpf_adj_branches()` with
 * the range removed, kernel/bpf/core.c, Linux 6.12), later edits shift it like any other, and `jit_subprogs()` asks in the end
 * which subprogram starts there:
 *
 *     run of dead code    [ tail of main | a | b ] f ...      a aimed at 3 slots into the run, b at 3 + |a|
 *     closed up           [ f ...                             a at f + 3 slots, b at f + 3 + |a| slots
 *
 * - another subprogram starts there: the reference is of that one, and the program loads;
 * - none does: the program is refused, by -EFAULT ("verifier bug");
 * - only main is left, so that nothing is asked: the distance stays, beyond the end of the program.
 *
 * So do Debian’s 6.12.107-1 and 7.2.13-1, instruction by instruction; 6.1.192-2 would, but checks the callback of a
 * `bpf_loop()` without turns.
 *
 * No store is asked to remember this: references to the front of a run pass to the next survivor, as all do, and the
 * others, which `Store.remove` does not allow, are aimed anew beforehand. It costs a look at each subprogram where none is
 * dead.
 */
import { BRANCH_SUBPROG, branchKind } from '../isa/insn.js';
import { AUX_ORIG, AUX_SEEN, NONE, type Pos } from '../../strategies/store.js';
import { AUX_KFUNC_ARG } from '../verifier/facts.js';
import { FixupError, type FixupEnv } from './pass.js';

/**
 * Aux word of a call or address of a subprogram, set here: slots by which it aims beyond the end of the program, where its
 * own distance says main. 0 for all others.
 */
export const AUX_BEYOND_END = AUX_KFUNC_ARG;

/** A run of instructions to remove, in slots as they are before anything is removed. */
interface DeadRun {
  readonly from: number;
  count: number;
}

/** What becomes of references to one dead subprogram. */
interface RemovedCallee {
  /** The number among the subprograms as they are now of the one that will start there; absent when none will. */
  readonly callee: number | undefined;
  /** It does not lie at the front of its run. */
  readonly inside: boolean;
  /** Slots beyond the end at which it would start; 0 when not there. */
  readonly beyond: number;
}

/**
 * Aims anew what `Store.remove` could not bring to where the kernel has it; to be called before dead code is removed, and
 * before any subprogram is. Positions end.
 * @returns the error with which the kernel will refuse the program; absent when it takes it
 */
export function settleRemovedCallees(env: FixupEnv): FixupError | undefined {
  const { program, facts } = env;
  const dead = program.subprogs.some(({ start }) => facts.aux[start * facts.auxWords + AUX_SEEN] === 0);
  if (!dead) return undefined;
  const removed = removedCallees(env);
  const several = program.subprogs.length - removed.size > 1 || appendsSubprog(env);
  return aimAnew(env, removed, several);
}

/** Will the kernel append a hidden subprogram, see exception-callback.ts? It counts as one, though nothing aims at it. */
function appendsSubprog({ facts }: FixupEnv): boolean {
  return facts.seenException === true && facts.exceptionCallback === undefined;
}

/** The dead subprograms by the original slot of their start. */
function removedCallees({ store, program }: FixupEnv): Map<number, RemovedCallee> {
  const runs: DeadRun[] = [];
  const deadStarts: { original: number; slot: number; inside: boolean }[] = [];
  /** Subprograms that stay, by the slot they will start at. */
  const liveStarts = new Map<number, number>();
  let live = 0;
  let slot = 0;
  let subprog = -1;
  let run: DeadRun | undefined;
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos), slot++) {
    const starts = store.startsSubprog(pos, subprog + 1);
    if (starts) subprog++;
    if (store.aux(pos, AUX_SEEN) !== 0) {
      run = undefined;
      if (starts) liveStarts.set(live, subprog);
      live++;
      continue;
    }
    if (run === undefined) runs.push((run = { from: slot, count: 0 }));
    run.count++;
    if (starts)
      deadStarts.push({ original: program.subprogs[subprog].start, slot, inside: slot !== run.from });
  }
  return new Map(
    deadStarts.map(({ original, slot, inside }) => {
      const at = slotAfter(runs, slot);
      return [original, { callee: liveStarts.get(at), inside, beyond: Math.max(at - live, 0) }];
    }),
  );
}

/** The slot that the kernel makes of `slot`, which lies in one of the runs, while it removes them from the first to the last. */
function slotAfter(runs: readonly DeadRun[], slot: number): number {
  let at = slot;
  let removed = 0;
  for (const { from, count } of runs) {
    if (at >= from - removed + count) at -= count;
    removed += count;
  }
  return at;
}

function aimAnew(
  env: FixupEnv,
  removed: ReadonlyMap<number, RemovedCallee>,
  several: boolean,
): FixupError | undefined {
  const { store, patch } = env;
  let refused: FixupError | undefined;
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) {
    if (branchKind(store.word0(pos)) !== BRANCH_SUBPROG || store.aux(pos, AUX_SEEN) === 0) continue;
    const target = removed.get(store.targetSlot(pos));
    if (target === undefined) continue;
    const { callee, inside, beyond } = target;
    if (callee === undefined && several) {
      refused ??= new FixupError(
        `insn ${originOf(env, pos)}: the subprogram it refers to went as dead code, and no other starts there then`,
      );
    }
    if (!inside) continue;
    // The kernel patches nothing here, so this is not counted as a patch either.
    pos = store.replace(pos, patch.clear().pushSubprog(store.word0(pos), store.word1(pos), callee ?? 0));
    if (callee === undefined) store.setAux(pos, AUX_BEYOND_END, beyond);
  }
  return refused;
}

/** Original slot of the instruction at `pos`, or of the one whose patch brought it. */
function originOf({ store }: FixupEnv, pos: Pos): number {
  let at = pos;
  while (store.aux(at, AUX_ORIG) === 0) at = store.next(at);
  return store.aux(at, AUX_ORIG) - 1;
}
