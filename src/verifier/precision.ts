/**
 * Which numbers' exact values some decision hung on. Numbers are taken for imprecise until a branch is decided by one,
 * a pointer moved by one, a size given by one; then the instructions that made it are gone back over, through checkpoint
 * after checkpoint, and all numbers it came from are marked precise (`__mark_chain_precision()` and `backtrack_insn()`,
 * kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf, dstOf, modeOf, opOf, srcOf } from '../isa/insn.js';
import {
  BPF_ABS,
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_END,
  BPF_EXIT,
  BPF_IND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MOV,
  BPF_NEG,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_REG_0,
  BPF_REG_FP,
  BPF_ST,
  BPF_STX,
  BPF_X,
} from '../isa/opcodes.js';
import { isSyncCallbackCall } from './callback-calls.js';
import { subprogCalled } from './cfg.js';
import { CALLS_CALLBACK } from './env.js';
import type { VerifierEnv } from './env.js';
import { MAIN_FUNC, MAX_CALL_FRAMES } from './frames.js';
import type { FuncState, VerifierState } from './frames.js';
import {
  DST_REG_STACK,
  frameOfAccess,
  LinkedRegs,
  slotOfAccess,
  SRC_REG_STACK,
  STACK_ACCESS,
} from './history.js';
import { SCALAR_VALUE } from './reg-types.js';
import type { Reg } from './register.js';
import { isSpilled, isSpilledScalar } from './stack-slots.js';

/** R1 to R5. */
const ARGS_MASK = 0b111110;

/** Going back went past what is tracked: every number counts as precise then. */
const OK = 0;
const NOT_TRACKED = 1;

/** Registers and stack slots, per frame, whose precision is wanted: `struct backtrack_state`. */
class Wanted {
  frame = 0;
  readonly regs = new Int32Array(MAX_CALL_FRAMES);
  /** Slots 0 to 31 and 32 to 63. */
  readonly slotsLow = new Int32Array(MAX_CALL_FRAMES);
  readonly slotsHigh = new Int32Array(MAX_CALL_FRAMES);

  reset(): void {
    this.frame = 0;
    this.regs.fill(0);
    this.slotsLow.fill(0);
    this.slotsHigh.fill(0);
  }

  isEmpty(): boolean {
    for (let i = 0; i <= this.frame; i++) {
      if ((this.regs[i] | this.slotsLow[i] | this.slotsHigh[i]) !== 0) return false;
    }
    return true;
  }

  hasReg(regno: number): boolean {
    return (this.regs[this.frame] & (1 << regno)) !== 0;
  }

  addReg(regno: number): void {
    this.regs[this.frame] |= 1 << regno;
  }

  dropReg(regno: number): void {
    this.regs[this.frame] &= ~(1 << regno);
  }

  hasSlots(frame: number): boolean {
    return (this.slotsLow[frame] | this.slotsHigh[frame]) !== 0;
  }

  hasSlot(frame: number, slot: number): boolean {
    const words = slot < 32 ? this.slotsLow : this.slotsHigh;
    return (words[frame] & (1 << (slot & 31))) !== 0;
  }

  addSlot(frame: number, slot: number): void {
    const words = slot < 32 ? this.slotsLow : this.slotsHigh;
    words[frame] |= 1 << (slot & 31);
  }

  dropSlot(frame: number, slot: number): void {
    const words = slot < 32 ? this.slotsLow : this.slotsHigh;
    words[frame] &= ~(1 << (slot & 31));
  }
}

const wanted = new Wanted();
const linked = new LinkedRegs();

/** Forgets what an earlier check, broken off by an error, may have left. */
export function resetPrecision(): void {
  wanted.reset();
}

/** Wants the register precise in the batch that `markWantedPrecise` works off. */
export function wantReg(frame: number, regno: number): void {
  wanted.regs[frame] |= 1 << regno;
}

/** Wants the stack slot precise in the batch that `markWantedPrecise` works off. */
export function wantSlot(frame: number, slot: number): void {
  wanted.addSlot(frame, slot);
}

/** Marks a register of the current frame, and what its number came from, precise (`mark_chain_precision`). */
export function markPrecise(env: VerifierEnv, regno: number): void {
  const reg = env.regs[regno];
  if (reg.type !== SCALAR_VALUE) return;
  wanted.frame = env.cur.curframe;
  wanted.addReg(regno);
  goBack(env);
}

/** Marks everything wanted, and what it came from, precise (`mark_chain_precision_batch`). */
export function markWantedPrecise(env: VerifierEnv): void {
  wanted.frame = env.cur.curframe;
  goBack(env);
}

function goBack(env: VerifierEnv): void {
  let state: VerifierState = env.cur;
  let firstSlot = state.firstSlot;
  let lastSlot = env.slot;
  let subsequent = -1;
  let skipFirst = true;
  if (wanted.isEmpty()) return;
  for (;;) {
    if (lastSlot < 0) {
      markEntryArgs(env, state);
      return;
    }
    if (!backThroughState(env, state, lastSlot, subsequent, skipFirst)) return;
    skipFirst = false;
    const { parent } = state;
    if (parent === null) break;
    state = parent;
    markInState(state);
    if (wanted.isEmpty()) return;
    subsequent = firstSlot;
    lastSlot = state.lastSlot;
    firstSlot = state.firstSlot;
  }
  giveUp(env);
}

/** Every number of every checkpoint behind counts as precise. */
function giveUp(env: VerifierEnv): void {
  for (let state = env.cur.parent; state !== null; state = state.parent) {
    for (const { regs, stack } of state.frames) {
      for (let i = 0; i < BPF_REG_FP; i++) {
        if (regs[i].type === SCALAR_VALUE) regs[i].precise = true;
      }
      for (const slot of stack) {
        if (isSpilledScalar(slot)) slot.precise = true;
      }
    }
  }
  wanted.reset();
}

/** Nothing is before the first instruction: what is left wanted are arguments of a global function. */
function markEntryArgs(env: VerifierEnv, state: VerifierState): void {
  const frame = state.frames[0];
  if (
    state.frames.length === 1 &&
    frame.subprog > 0 &&
    frame.callsite === MAIN_FUNC &&
    !wanted.hasSlots(0) &&
    (wanted.regs[wanted.frame] & ~ARGS_MASK) === 0
  ) {
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (wanted.hasReg(i) && frame.regs[i].type === SCALAR_VALUE) frame.regs[i].precise = true;
    }
    wanted.reset();
    return;
  }
  giveUp(env);
}

/** Marks the checkpoint's registers that are wanted; those that are already precise have been gone back from before. */
function markInState(state: VerifierState): void {
  for (let f = Math.min(wanted.frame, state.frames.length - 1); f >= 0; f--) {
    const frame = state.frames[f];
    let regs = wanted.regs[f];
    for (let i = 0; regs !== 0; i++, regs >>>= 1) {
      if ((regs & 1) === 0) continue;
      const reg = frame.regs[i];
      if (reg.type === SCALAR_VALUE && !reg.precise) reg.precise = true;
      else wanted.regs[f] &= ~(1 << i);
    }
    if (wanted.hasSlots(f)) markSlots(frame, f);
  }
}

function markSlots(frame: FuncState, f: number): void {
  for (let i = 0; i < 64; i++) {
    if (!wanted.hasSlot(f, i)) continue;
    const slot = frame.stack.at(i);
    if (slot !== undefined && isSpilledScalar(slot) && !slot.precise) slot.precise = true;
    else wanted.dropSlot(f, i);
  }
}

/** Goes back over one state's instructions; false when nothing is wanted any more. */
function backThroughState(
  env: VerifierEnv,
  state: VerifierState,
  lastSlot: number,
  subsequentSlot: number,
  skipFirst: boolean,
): boolean {
  const { history } = env;
  const start = state.histStart;
  let end = state.histEnd;
  let subsequent = subsequentSlot;
  let slot = lastSlot;
  let skip = skipFirst;
  for (;;) {
    const here = end > start && history.slot(end - 1) === slot ? end - 1 : -1;
    if (skip) {
      skip = false;
    } else if (backOver(env, slot, subsequent, here) === NOT_TRACKED) {
      giveUp(env);
      return false;
    }
    if (wanted.isEmpty()) return false;
    subsequent = slot;
    const count = end - start;
    if (slot === state.firstSlot && (count === 0 || (count === 1 && history.slot(start) === slot)))
      return true;
    if (here >= 0) {
      end--;
      slot = history.prev(end);
    } else {
      slot--;
    }
    if (slot < 0 || slot >= env.length) {
      giveUp(env);
      return false;
    }
  }
}

/** When one of a set of linked registers is wanted, all are. */
function wantLinked(env: VerifierEnv, entry: number): void {
  if (entry < 0) return;
  env.history.readLinked(entry, linked);
  let some = false;
  for (let i = 0; i < linked.count && !some; i++) {
    const frame = linked.frameno(i);
    some = linked.isReg(i)
      ? (wanted.regs[frame] & (1 << linked.number(i))) !== 0
      : wanted.hasSlot(frame, linked.number(i));
  }
  if (!some) return;
  for (let i = 0; i < linked.count; i++) {
    if (linked.isReg(i)) wanted.regs[linked.frameno(i)] |= 1 << linked.number(i);
    else wanted.addSlot(linked.frameno(i), linked.number(i));
  }
}

/** Changes what is wanted behind an instruction into what is wanted before it (`backtrack_insn`). */
function backOver(env: VerifierEnv, slot: number, subsequent: number, entry: number): number {
  const w0 = env.word0(slot);
  const code = codeOf(w0);
  // The second slot of a 64-bit immediate load.
  if (code === 0) return OK;
  wantLinked(env, entry);
  const dst = dstOf(w0);
  const flags = entry < 0 ? 0 : env.history.flags(entry);
  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64:
      if (!wanted.hasReg(dst)) return OK;
      backOverAlu(w0, code, dst);
      break;
    case BPF_LDX:
      if (!wanted.hasReg(dst)) return OK;
      wanted.dropReg(dst);
      // A load from anything but the stack gives a number that nothing is known of.
      if ((flags & STACK_ACCESS) === 0) return OK;
      wanted.addSlot(frameOfAccess(flags), slotOfAccess(flags));
      break;
    case BPF_ST:
    case BPF_STX: {
      // The base of a store is a pointer: it can be wanted only if what it was made of is a number.
      if (wanted.hasReg(dst)) return NOT_TRACKED;
      if ((flags & STACK_ACCESS) === 0) return OK;
      const frame = frameOfAccess(flags);
      const stackSlot = slotOfAccess(flags);
      if (!wanted.hasSlot(frame, stackSlot)) return OK;
      wanted.dropSlot(frame, stackSlot);
      if (classOf(code) === BPF_STX) wanted.addReg(srcOf(w0));
      break;
    }
    case BPF_JMP:
    case BPF_JMP32: {
      const op = opOf(code);
      if (op === BPF_CALL) return backOverCall(env, slot, subsequent, w0, entry);
      if (op === BPF_EXIT) return backOverExit(env, subsequent);
      if ((code & BPF_X) !== 0) {
        const src = srcOf(w0);
        if (!wanted.hasReg(dst) && !wanted.hasReg(src)) return OK;
        if ((flags & SRC_REG_STACK) === 0) wanted.addReg(src);
        if ((flags & DST_REG_STACK) === 0) wanted.addReg(dst);
      }
      break;
    }
    case BPF_LD:
      if (!wanted.hasReg(dst)) return OK;
      wanted.dropReg(dst);
      if (modeOf(code) === BPF_IND || modeOf(code) === BPF_ABS) return NOT_TRACKED;
      break;
    default:
      break;
  }
  wantLinked(env, entry);
  return OK;
}

function backOverAlu(w0: number, code: number, dst: number): void {
  const op = opOf(code);
  if (op === BPF_END || op === BPF_NEG) return;
  const src = srcOf(w0);
  const fromReg = (code & BPF_X) !== 0;
  if (op === BPF_MOV) wanted.dropReg(dst);
  if (fromReg && src !== BPF_REG_FP) wanted.addReg(src);
}

function backOverCall(env: VerifierEnv, slot: number, subsequent: number, w0: number, entry: number): number {
  if (srcOf(w0) === BPF_PSEUDO_CALL) {
    if (subprogCalled(env, slot).isGlobal) {
      if ((wanted.regs[wanted.frame] & ARGS_MASK) !== 0) return NOT_TRACKED;
      wanted.dropReg(BPF_REG_0);
      return OK;
    }
    // Back from the callee's entry into the caller: arguments were copied over.
    const args = wanted.regs[wanted.frame];
    if ((args & ~ARGS_MASK) !== 0 || wanted.hasSlots(wanted.frame) || wanted.frame === 0) return NOT_TRACKED;
    wanted.regs[wanted.frame] = 0;
    wanted.frame--;
    wanted.regs[wanted.frame] |= args;
    return OK;
  }
  if (isSyncCallbackCall(env, slot) && slot !== subsequent - 1) {
    // Back from a callback's entry: its arguments are no values of the caller's.
    if (
      (wanted.regs[wanted.frame] & ~ARGS_MASK) !== 0 ||
      wanted.hasSlots(wanted.frame) ||
      wanted.frame === 0
    ) {
      return NOT_TRACKED;
    }
    wanted.regs[wanted.frame] = 0;
    wanted.frame--;
    return OK;
  }
  if (srcOf(w0) === BPF_PSEUDO_KFUNC_CALL && env.imm(slot) === 0) return NOT_TRACKED;
  wanted.dropReg(BPF_REG_0);
  if ((wanted.regs[wanted.frame] & ARGS_MASK) !== 0) return NOT_TRACKED;
  wantLinked(env, entry);
  return OK;
}

function backOverExit(env: VerifierEnv, subsequent: number): number {
  if (subsequent >= 0 && (env.marks[subsequent] & CALLS_CALLBACK) !== 0) {
    wanted.regs[wanted.frame] &= ~ARGS_MASK;
  }
  if ((wanted.regs[wanted.frame] & ARGS_MASK) !== 0) return NOT_TRACKED;
  const caller = subsequent - 1;
  const w0 = caller >= 0 ? env.word0(caller) : 0;
  const r0Precise =
    codeOf(w0) === (BPF_JMP | BPF_CALL) && srcOf(w0) === BPF_PSEUDO_CALL && wanted.hasReg(BPF_REG_0);
  wanted.dropReg(BPF_REG_0);
  if (wanted.frame === MAX_CALL_FRAMES - 1) return NOT_TRACKED;
  wanted.frame++;
  if (r0Precise) wanted.addReg(BPF_REG_0);
  return OK;
}

/** All numbers of the state count as imprecise, until something hangs on them (`mark_all_scalars_imprecise`). */
export function markImprecise(state: VerifierState): void {
  for (const { regs, stack } of state.frames) {
    for (let i = 0; i < BPF_REG_FP; i++) forget(regs[i]);
    for (const slot of stack) if (isSpilled(slot)) forget(slot);
  }
}

function forget(reg: Reg): void {
  if (reg.type === SCALAR_VALUE) reg.precise = false;
}
