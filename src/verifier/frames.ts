/**
 * The state of one path through the program: a register file and a stack for each active call. `struct
 * bpf_func_state` and `struct bpf_verifier_state` (include/linux/bpf_verifier.h, Linux 6.12).
 */
import { BPF_REG_FP } from '../isa/opcodes.js';
import { PTR_TO_STACK } from './reg-types.js';
import { cloneReg, LIVE_NONE, markKnownZero, markNotInit, Reg } from './register.js';
import { isIterator, isSpilled } from './stack-slots.js';

/** R0 to R10. */
export const MAX_BPF_REG = 11;
/** Calls active at the same time, the main function included. */
export const MAX_CALL_FRAMES = 8;
/** `callsite` of a frame that no call made. */
export const MAIN_FUNC = -1;

/** A reference the program holds and must release; immutable. */
export interface Reference {
  readonly id: number;
  /** Slot of the call that acquired it. */
  readonly slot: number;
  /** Frame of the callback that acquired it, 0 outside of callbacks. */
  readonly callbackRef: number;
}

/** One active call. */
export class FuncState {
  readonly regs: Reg[] = [];
  /** Slot `i` is the 8 bytes below `fp - 8 * i`. */
  stack: Reg[] = [];
  refs: Reference[] = [];
  asyncEntryCnt = 0;
  /** What the callback may return. */
  retMin = 0;
  retMax = 0;
  inCallback = false;
  inAsyncCallback = false;
  inExceptionCallback = false;
  /** How often the callback called from this frame was simulated. */
  callbackDepth = 0;

  private constructor(
    /** Slot of the call, `MAIN_FUNC` for none. */
    readonly callsite: number,
    readonly frameno: number,
    readonly subprog: number,
  ) {}

  /** A frame at its function's entry: only the frame pointer has a value. */
  static entry(callsite: number, frameno: number, subprog: number): FuncState {
    const state = new FuncState(callsite, frameno, subprog);
    for (let i = 0; i < MAX_BPF_REG; i++) {
      const reg = new Reg();
      markNotInit(reg);
      state.regs.push(reg);
    }
    const fp = state.regs[BPF_REG_FP];
    fp.type = PTR_TO_STACK;
    markKnownZero(fp);
    fp.frameno = frameno;
    return state;
  }

  copy(): FuncState {
    const copy = new FuncState(this.callsite, this.frameno, this.subprog);
    const { regs, stack } = this;
    for (let i = 0; i < MAX_BPF_REG; i++) copy.regs.push(cloneReg(regs[i]));
    const slots = stack.length;
    if (slots > 0) {
      const copied = new Array<Reg>(slots);
      for (let i = 0; i < slots; i++) copied[i] = cloneReg(stack[i]);
      copy.stack = copied;
    }
    if (this.refs.length > 0) copy.refs = this.refs.slice();
    copy.asyncEntryCnt = this.asyncEntryCnt;
    copy.retMin = this.retMin;
    copy.retMax = this.retMax;
    copy.inCallback = this.inCallback;
    copy.inAsyncCallback = this.inAsyncCallback;
    copy.inExceptionCallback = this.inExceptionCallback;
    copy.callbackDepth = this.callbackDepth;
    return copy;
  }
}

/** One path: its frames and what holds for the program as a whole. */
export class VerifierState {
  frames: FuncState[] = [];
  parent: VerifierState | null = null;
  /** Branches from here that are still to be explored. */
  branches = 1;
  /** Slot at which a checkpoint was made. */
  slot = 0;
  /** Held spin lock: map or BTF (0 for none), and the id of the register it was taken through. */
  lockPtr = 0;
  lockId = 0;
  /** RCU sections that are open. */
  activeRcuLocks = 0;
  activePreemptLock = 0;
  speculative = false;
  inSleepable = false;
  /** First and last slot of this stretch of the path. */
  firstSlot = 0;
  lastSlot = -1;
  /** Topmost state of the loop this state is in. */
  loopEntry: VerifierState | null = null;
  usedAsLoopEntry = false;
  /** Stretch of the history that belongs to this state. */
  histStart = 0;
  histEnd = 0;
  dfsDepth = 0;
  callbackUnrollDepth = 0;
  mayGotoDepth = 0;

  /** Frame of the function being executed. */
  get cur(): FuncState {
    return this.frames[this.frames.length - 1];
  }

  get curframe(): number {
    return this.frames.length - 1;
  }

  /** A copy in everything but `slot`, which only checkpoints have. */
  copy(): VerifierState {
    const copy = new VerifierState();
    const { frames } = this;
    for (let i = 0; i < frames.length; i++) copy.frames.push(frames[i].copy());
    copy.parent = this.parent;
    copy.branches = this.branches;
    copy.lockPtr = this.lockPtr;
    copy.lockId = this.lockId;
    copy.activeRcuLocks = this.activeRcuLocks;
    copy.activePreemptLock = this.activePreemptLock;
    copy.speculative = this.speculative;
    copy.inSleepable = this.inSleepable;
    copy.firstSlot = this.firstSlot;
    copy.lastSlot = this.lastSlot;
    copy.loopEntry = this.loopEntry;
    copy.usedAsLoopEntry = this.usedAsLoopEntry;
    copy.histStart = this.histStart;
    copy.histEnd = this.histEnd;
    copy.dfsDepth = this.dfsDepth;
    copy.callbackUnrollDepth = this.callbackUnrollDepth;
    copy.mayGotoDepth = this.mayGotoDepth;
    return copy;
  }
}

/** Are both in the same chain of calls? */
export function sameCallsites(a: VerifierState, b: VerifierState): boolean {
  if (a.frames.length !== b.frames.length) return false;
  for (let i = a.frames.length - 1; i >= 0; i--) {
    if (a.frames[i].callsite !== b.frames[i].callsite) return false;
  }
  return true;
}

/**
 * Puts all registers and spilled registers of a state into `out`, from index 0, and returns their number: the order and
 * extent of `bpf_for_each_reg_in_vstate()`; `withIterators` takes iterators' slots as well. What is in `out` behind
 * them is left.
 */
export function collectRegs(state: VerifierState, out: Reg[], withIterators = false): number {
  let count = 0;
  const { frames } = state;
  for (let f = 0; f < frames.length; f++) {
    const { regs, stack } = frames[f];
    for (let i = 0; i < MAX_BPF_REG; i++) out[count++] = regs[i]!;
    for (let i = 0; i < stack.length; i++) {
      if (isSpilled(stack[i]) || (withIterators && isIterator(stack[i]))) out[count++] = stack[i]!;
    }
  }
  return count;
}

/** Makes `reg` one that was neither read nor written since the checkpoint whose register is `parent`. */
export function adopt(reg: Reg, parent: Reg): void {
  reg.live = LIVE_NONE;
  reg.parent = parent;
}
