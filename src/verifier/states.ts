/**
 * Checkpoints, and the paths that need no exploring because a checkpoint covers them (`is_state_visited()`,
 * kernel/bpf/verifier.c, Linux 6.12). The heuristics of when a checkpoint is made and dropped are the kernel's, so that as
 * many steps are taken as the kernel takes.
 */
import { codeOf } from '../isa/insn.js';
import { BPF_JCOND, BPF_JMP, BPF_REG_1, BPF_REG_6, BPF_REG_FP } from '../isa/opcodes.js';
import { CALLS_CALLBACK, FORCE_CHECKPOINT, ITER_NEXT, JMP_POINT } from './env.js';
import type { Explored, VerifierEnv } from './env.js';
import { EXACT, iteratorState, mayBeLooping, NOT_EXACT, RANGE_WITHIN, statesEqual } from './equality.js';
import { adopt, sameCallsites } from './frames.js';
import type { FuncState, VerifierState } from './frames.js';
import { ITER_ACTIVE } from './iterators.js';
import { markRegRead } from './liveness.js';
import { bucketOf, loopEntryOf, updateLoopEntry } from './loops.js';
import { markInsnZext } from './operands.js';
import { markImprecise, markWantedPrecise, wantReg, wantSlot } from './precision.js';
import { SCALAR_VALUE } from './reg-types.js';
import { LIVE_DONE, LIVE_NONE, LIVE_READ, LIVE_READ64, markNotInit } from './register.js';
import type { Reg } from './register.js';
import { ALL_INVALID, isSpilled, slotOf, slotType, STACK_ITER } from './stack-slots.js';

/** Steps of history after which a checkpoint is made in any case. */
const LONG_HISTORY = 40;

/** Checks whether the current state is covered at the current slot; true: this path ends. Else makes a checkpoint, perhaps. */
export function isStateVisited(env: VerifierEnv): boolean {
  const { cur, slot } = env;
  const forced = (env.marks[slot] & FORCE_CHECKPOINT) !== 0 || cur.histEnd - cur.histStart > LONG_HISTORY;
  let addNew = forced || (env.jumps - env.jumpsAtCheckpoint >= 2 && env.steps - env.stepsAtCheckpoint >= 8);
  const bucket = bucketOf(env, slot);
  cleanLiveStates(env, bucket);
  let count = 0;
  let previous: Explored | null = null;
  let entry = env.explored[bucket] ?? null;
  while (entry !== null) {
    count++;
    if (entry.state.slot !== slot) {
      previous = entry;
      entry = entry.next;
      continue;
    }
    if (isCovered(env, entry)) {
      entry.hits++;
      propagateLiveness(env, entry.state, cur);
      if ((env.marks[slot] & JMP_POINT) !== 0) env.pushHistory(0, null);
      propagatePrecision(env, entry.state);
      return true;
    }
    if (
      entry.state.branches !== 0 &&
      !forced &&
      env.jumps - env.jumpsAtCheckpoint < 20 &&
      env.steps - env.stepsAtCheckpoint < 100
    ) {
      addNew = false;
    }
    if (addNew) entry.misses++;
    // A checkpoint that covers too little is not looked at any more.
    const n = (env.marks[slot] & FORCE_CHECKPOINT) !== 0 && entry.state.branches > 0 ? 64 : 3;
    const next: Explored | null = entry.next;
    if (entry.misses > entry.hits * n + n) {
      if (previous === null) env.explored[bucket] = next;
      else previous.next = next;
      if ((entry.state.frames[0].regs[0].live & LIVE_DONE) !== 0 && !entry.state.usedAsLoopEntry) {
        env.liveStates--;
      }
    } else {
      previous = entry;
    }
    entry = next;
  }
  env.maxStatesPerInsn = Math.max(env.maxStatesPerInsn, count);
  if (addNew) addCheckpoint(env, bucket);
  return false;
}

/** Does the checkpoint cover the current state? @throws VerifierError on an endless loop */
function isCovered(env: VerifierEnv, entry: Explored): boolean {
  const { cur, slot } = env;
  const old = entry.state;
  if (old.branches === 0) {
    const loopEntry = loopEntryOf(old);
    const inLoop = loopEntry !== null && loopEntry.branches > 0;
    if (!statesEqual(env, old, cur, inLoop ? RANGE_WITHIN : NOT_EXACT)) return false;
    if (inLoop) updateLoopEntry(cur, loopEntry);
    return true;
  }
  const frame = old.cur;
  if (frame.inAsyncCallback && frame.asyncEntryCnt !== env.frame.asyncEntryCnt) return false;
  const marks = env.marks[slot];
  if ((marks & ITER_NEXT) !== 0) {
    if (!statesEqual(env, old, cur, RANGE_WITHIN) || !isIteratorActive(env)) return false;
    updateLoopEntry(cur, old);
    return true;
  }
  if (codeOf(env.word0(slot)) === (BPF_JMP | BPF_JCOND)) {
    if (old.mayGotoDepth !== cur.mayGotoDepth && statesEqual(env, old, cur, RANGE_WITHIN)) {
      updateLoopEntry(cur, old);
      return true;
    }
  }
  if ((marks & CALLS_CALLBACK) !== 0) return statesEqual(env, old, cur, RANGE_WITHIN);
  if (
    mayBeLooping(env, old, cur) &&
    statesEqual(env, old, cur, EXACT) &&
    !iteratorDepthsDiffer(old, cur) &&
    old.mayGotoDepth === cur.mayGotoDepth &&
    old.callbackUnrollDepth === cur.callbackUnrollDepth
  ) {
    env.fail('infinite loop detected');
  }
  return false;
}

/** Is the iterator that R1 points to not at its end? */
function isIteratorActive(env: VerifierEnv): boolean {
  const r1 = env.regs[BPF_REG_1];
  const slot = env.frameOf(r1).stack.at(slotOf(r1.off + r1.vl));
  return slot !== undefined && iteratorState(slot) === ITER_ACTIVE;
}

function iteratorDepthsDiffer(old: VerifierState, cur: VerifierState): boolean {
  for (let f = old.frames.length - 1; f >= 0; f--) {
    const { stack } = old.frames[f];
    for (let i = 0; i < stack.length; i++) {
      const slot = stack[i];
      if (slotType(slot.slotTypes, 0) !== STACK_ITER || iteratorState(slot) !== ITER_ACTIVE) continue;
      if (cur.frames[f].stack[i].c >> 2 !== slot.c >> 2) return true;
    }
  }
  return false;
}

/** What a complete checkpoint's paths did not read is forgotten: it covers more then (`clean_live_states`). */
function cleanLiveStates(env: VerifierEnv, bucket: number): void {
  for (let entry = env.explored[bucket] ?? null; entry !== null; entry = entry.next) {
    const { state } = entry;
    if (state.branches !== 0) continue;
    const loopEntry = loopEntryOf(state);
    if (loopEntry !== null && loopEntry.branches !== 0) continue;
    if (state.slot !== env.slot || !sameCallsites(state, env.cur)) continue;
    if ((state.frames[0].regs[0].live & LIVE_DONE) !== 0) continue;
    for (const frame of state.frames) cleanFrame(frame);
  }
}

function cleanFrame({ regs, stack }: FuncState): void {
  for (let i = 0; i < BPF_REG_FP; i++) clean(regs[i]);
  for (const slot of stack) {
    if (!clean(slot)) slot.slotTypes = ALL_INVALID;
  }
}

/** False when the register was not read. */
function clean(reg: Reg): boolean {
  const isRead = (reg.live & LIVE_READ) !== 0;
  reg.live |= LIVE_DONE;
  if (!isRead) markNotInit(reg);
  return isRead;
}

/** What the covering state's paths read, this one's would (`propagate_liveness`). */
function propagateLiveness(env: VerifierEnv, old: VerifierState, cur: VerifierState): void {
  const last = old.frames.length - 1;
  for (let f = 0; f <= last; f++) {
    const oldFrame = old.frames[f];
    const curFrame = cur.frames[f];
    for (let i = f < last ? BPF_REG_6 : 0; i < BPF_REG_FP; i++) {
      const reg = curFrame.regs[i];
      if (propagateOne(oldFrame.regs[i], reg) === LIVE_READ64) markInsnZext(env, reg);
    }
    const slots = Math.min(oldFrame.stack.length, curFrame.stack.length);
    for (let i = 0; i < slots; i++) propagateOne(oldFrame.stack[i], curFrame.stack[i]);
  }
}

/** Returns the read mark that was passed on, 0 when there was nothing to pass. */
function propagateOne(old: Reg, cur: Reg): number {
  const curFlag = cur.live & LIVE_READ;
  const flag = old.live & LIVE_READ;
  if (curFlag === LIVE_READ64 || flag === 0 || curFlag === flag) return 0;
  markRegRead(old, cur, flag);
  return flag;
}

/** What the covering state's paths decided by, this one's would (`propagate_precision`). */
function propagatePrecision(env: VerifierEnv, old: VerifierState): void {
  for (let f = old.frames.length - 1; f >= 0; f--) {
    const { regs, stack } = old.frames[f];
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (isPreciseAndRead(regs[i])) wantReg(f, i);
    }
    for (let i = 0; i < stack.length; i++) {
      if (isSpilled(stack[i]) && isPreciseAndRead(stack[i])) wantSlot(f, i);
    }
  }
  markWantedPrecise(env);
}

function isPreciseAndRead(reg: Reg): boolean {
  return reg.type === SCALAR_VALUE && reg.precise && (reg.live & LIVE_READ) !== 0;
}

function addCheckpoint(env: VerifierEnv, bucket: number): void {
  const { cur, slot } = env;
  env.totalStates++;
  env.liveStates++;
  env.jumpsAtCheckpoint = env.jumps;
  env.stepsAtCheckpoint = env.steps;
  markImprecise(cur);
  const state = cur.copy();
  state.slot = slot;
  cur.parent = state;
  cur.firstSlot = slot;
  cur.histStart = cur.histEnd;
  cur.dfsDepth = state.dfsDepth + 1;
  env.explored[bucket] = { state, next: env.explored[bucket] ?? null, misses: 0, hits: 0 };
  const last = cur.frames.length - 1;
  for (let f = 0; f <= last; f++) {
    const frame = cur.frames[f];
    const kept = state.frames[f];
    // A caller's R0 to R5 hold nothing while its callee runs.
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (f === last || i >= BPF_REG_6) adopt(frame.regs[i], kept.regs[i]);
      else frame.regs[i].live = LIVE_NONE;
    }
    for (let i = 0; i < frame.stack.length; i++) adopt(frame.stack[i], kept.stack[i]);
  }
}
