/**
 * Loops that the exploration goes through until a turn finds the state of an earlier one: callbacks, iterators and
 * `may_goto` (kernel/bpf/verifier.c, Linux 6.12).
 */
import type { Explored, VerifierEnv } from './env.js';
import { regsExact, resetIds, sameValue } from './equality.js';
import { MAX_BPF_REG, sameCallsites } from './frames.js';
import type { VerifierState } from './frames.js';
import { SCALAR_VALUE } from './reg-types.js';
import { markUnknown } from './register.js';
import type { Reg } from './register.js';
import { isSpilled } from './stack-slots.js';

/** Bucket of the checkpoints at `slot` in the current function (`explored_state`). */
export function bucketOf(env: VerifierEnv, slot: number): number {
  return ((slot ^ env.frame.callsite) >>> 0) % env.length;
}

/** First checkpoint of the bucket. */
export function firstExplored(env: VerifierEnv, slot: number): Explored | null {
  return env.explored[bucketOf(env, slot)] ?? null;
}

/** Topmost state of the loop that the state is in; null when it is in none (`get_loop_entry`). */
export function loopEntryOf(state: VerifierState): VerifierState | null {
  let topmost = state.loopEntry;
  while (topmost !== null && topmost.loopEntry !== null && topmost !== topmost.loopEntry)
    topmost = topmost.loopEntry;
  // Shortens the chain for next time.
  let st: VerifierState | null = state;
  while (st !== null && st.loopEntry !== topmost) {
    const next: VerifierState | null = st.loopEntry;
    st.loopEntry = topmost;
    st = next;
  }
  return topmost;
}

/** The path of `cur` came back to `header`, a state that is still being explored (`update_loop_entry`). */
export function updateLoopEntry(cur: VerifierState, header: VerifierState): void {
  const curEntry = loopEntryOf(cur) ?? cur;
  const headerEntry = loopEntryOf(header) ?? header;
  if (headerEntry.branches !== 0 && headerEntry.dfsDepth <= curEntry.dfsDepth) {
    cur.loopEntry = header;
    header.usedAsLoopEntry = true;
  }
}

/** A path ended: states with no branch left to explore are complete (`update_branch_counts`). */
export function updateBranchCounts(state: VerifierState): void {
  for (let st: VerifierState | null = state; st !== null; st = st.parent) {
    st.branches--;
    if (st.branches === 0 && st.parent !== null && st.loopEntry !== null)
      updateLoopEntry(st.parent, st.loopEntry);
    if (st.branches !== 0) break;
  }
}

/** An unfinished checkpoint at `slot` that `cur` came by earlier (`find_prev_entry`). */
export function findPrevEntry(env: VerifierEnv, cur: VerifierState, slot: number): VerifierState | null {
  for (let entry = firstExplored(env, slot); entry !== null; entry = entry.next) {
    const { state } = entry;
    if (
      state.slot === slot &&
      state.branches !== 0 &&
      sameCallsites(state, cur) &&
      state.dfsDepth < cur.dfsDepth
    ) {
      return state;
    }
  }
  return null;
}

/** Numbers that changed since the last turn, and that nothing hangs on, may be anything (`widen_imprecise_scalars`). */
export function widenImprecise(env: VerifierEnv, old: VerifierState, cur: VerifierState): void {
  resetIds(env);
  for (let f = old.frames.length - 1; f >= 0; f--) {
    const oldFrame = old.frames[f];
    const curFrame = cur.frames[f];
    for (let i = 0; i < MAX_BPF_REG; i++) widen(env, oldFrame.regs[i], curFrame.regs[i]);
    const slots = Math.min(oldFrame.stack.length, curFrame.stack.length);
    for (let i = 0; i < slots; i++) {
      const oldSlot = oldFrame.stack[i];
      const curSlot = curFrame.stack[i];
      if (isSpilled(oldSlot) && isSpilled(curSlot)) widen(env, oldSlot, curSlot);
    }
  }
}

function widen(env: VerifierEnv, old: Reg, cur: Reg): void {
  if (old.type !== SCALAR_VALUE || cur.type !== SCALAR_VALUE) return;
  if (old.precise || cur.precise) return;
  if (env.rules.numbers === 'arcs' ? sameValue(old, cur) : regsExact(old, cur)) return;
  markUnknown(cur);
}
