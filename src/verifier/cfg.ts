/**
 * The control flow graph, walked depth first before the check proper: every instruction must be reachable, and the walk
 * marks where paths meet (prune points, where states are compared), where the order of slots does not tell how a path
 * came by (jump points), and where a checkpoint must be made (`check_cfg()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { BRANCH_SUBPROG, branchKind, classOf, codeOf, offOf, opOf, srcOf } from '../isa/insn.js';
import {
  BPF_CALL,
  BPF_EXIT,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  LD_IMM64,
} from '../isa/opcodes.js';
import { isAsyncCallbackCall, isSyncCallbackCall } from './callback-calls.js';
import { CALLS_CALLBACK, FORCE_CHECKPOINT, JMP_POINT, PRUNE_POINT } from './env.js';
import type { VerifierEnv } from './env.js';
import { VerifierError } from './facts.js';
import { isIterNextCall } from './kfunc-meta.js';
import type { SubprogInfo } from './subprogs.js';

/** States of a slot during the walk; `DISCOVERED` with the edge followed last in the low bits. */
const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;

class Walk {
  private readonly state: Uint8Array;
  private readonly stack: Int32Array;
  private depth = 0;

  constructor(private readonly env: VerifierEnv) {
    this.state = new Uint8Array(env.length);
    this.stack = new Int32Array(env.length);
  }

  from(start: number): void {
    this.state[start] = DISCOVERED;
    this.stack[this.depth++] = start;
    while (this.depth > 0) {
      const slot = this.stack[this.depth - 1];
      if (!this.visit(slot)) {
        this.state[slot] = EXPLORED;
        this.depth--;
      }
    }
  }

  /** @throws VerifierError naming the first slot that no path reaches */
  checkAllReached(): void {
    const { env, state } = this;
    for (let slot = 0; slot < env.length; slot++) {
      if (state[slot] !== EXPLORED) throw new VerifierError(slot, 'unreachable instruction');
      if (codeOf(env.word0(slot)) === LD_IMM64) slot++;
    }
  }

  /** Follows the next edge from `slot`; true when it led to a slot not seen before. */
  private visit(slot: number): boolean {
    const { env } = this;
    const w0 = env.word0(slot);
    const code = codeOf(w0);
    if (branchKind(w0) === BRANCH_SUBPROG && code === LD_IMM64) return this.visitCall(slot, 2, true);
    const cls = classOf(code);
    if (cls !== BPF_JMP && cls !== BPF_JMP32) {
      return this.push(slot, slot + (code === LD_IMM64 ? 2 : 1), FALLTHROUGH);
    }
    switch (opOf(code)) {
      case BPF_EXIT:
        return false;
      case BPF_CALL:
        this.markCall(slot, w0);
        return this.visitCall(slot, 1, srcOf(w0) === BPF_PSEUDO_CALL);
      case BPF_JA: {
        const target = slot + 1 + (cls === BPF_JMP ? offOf(w0) : env.imm(slot));
        if (this.push(slot, target, FALLTHROUGH)) return true;
        env.marks[target] |= PRUNE_POINT | JMP_POINT;
        return false;
      }
      default:
        env.marks[slot] |= opOf(code) === BPF_JCOND ? PRUNE_POINT | FORCE_CHECKPOINT : PRUNE_POINT;
        if (this.push(slot, slot + 1, FALLTHROUGH)) return true;
        return this.push(slot, slot + 1 + offOf(w0), BRANCH);
    }
  }

  private markCall(slot: number, w0: number): void {
    const { env } = this;
    const { marks } = env;
    if (isAsyncCallbackCall(env, slot)) marks[slot] |= PRUNE_POINT;
    if (isSyncCallbackCall(env, slot))
      marks[slot] |= CALLS_CALLBACK | FORCE_CHECKPOINT | PRUNE_POINT | JMP_POINT;
    if (srcOf(w0) === 0 && env.profile.helper(env.imm(slot))?.changesPacket === true) {
      subprogAt(env, slot).changesPacket = true;
    }
    if (srcOf(w0) === BPF_PSEUDO_KFUNC_CALL && isIterNextCall(env, slot)) {
      marks[slot] |= PRUNE_POINT | FORCE_CHECKPOINT;
    }
  }

  private visitCall(slot: number, size: number, visitCallee: boolean): boolean {
    const { env } = this;
    if (this.push(slot, slot + size, FALLTHROUGH)) return true;
    env.marks[slot + size] |= PRUNE_POINT | JMP_POINT;
    if (!visitCallee) return false;
    const target = slot + 1 + env.imm(slot);
    env.marks[slot] |= PRUNE_POINT;
    if (subprogAt(env, target).changesPacket) subprogAt(env, slot).changesPacket = true;
    return this.push(slot, target, BRANCH);
  }

  private push(from: number, to: number, edge: number): boolean {
    const { state } = this;
    if (state[from] >= (DISCOVERED | edge)) return false;
    if (edge === BRANCH) this.env.marks[to] |= PRUNE_POINT | JMP_POINT;
    if (state[to] === 0) {
      state[from] = DISCOVERED | edge;
      state[to] = DISCOVERED;
      this.stack[this.depth++] = to;
      return true;
    }
    if (state[to] === EXPLORED) state[from] = DISCOVERED | edge;
    return false;
  }
}

/** Marks prune points, jump points and forced checkpoints in `env.marks`. @throws VerifierError on unreachable slots */
export function walkControlFlow(env: VerifierEnv): void {
  const walk = new Walk(env);
  walk.from(0);
  for (const subprog of env.subprogs) {
    if (subprog.isExceptionCallback) walk.from(subprog.start);
  }
  walk.checkAllReached();
}

/** The subprogram that a slot lies in. */
export function subprogAt(env: VerifierEnv, slot: number): SubprogInfo {
  const { subprogs } = env;
  let low = 0;
  let high = subprogs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (subprogs[middle].start <= slot) low = middle;
    else high = middle - 1;
  }
  return subprogs[low];
}

/** The subprogram that a call or address load at `slot` names. */
export function subprogCalled(env: VerifierEnv, slot: number): SubprogInfo {
  return subprogAt(env, slot + 1 + env.imm(slot));
}

/**
 * No chain of calls may be longer than the kernel has frames, whatever the conditions under which they are made
 * (`check_max_stack_depth()`).
 * @throws VerifierError naming a call of a chain that is too long, recursion among them
 */
export function checkCallDepth(env: VerifierEnv, maxFrames: number): void {
  const callees: { slot: number; to: number }[][] = env.subprogs.map(() => []);
  for (const { number, start, end } of env.subprogs) {
    for (let slot = start; slot < end; slot++) {
      if (branchKind(env.word0(slot)) !== BRANCH_SUBPROG) continue;
      const to = subprogCalled(env, slot);
      // The callback of an asynchronous call starts with an empty stack.
      if (to.isAsyncCallback && codeOf(env.word0(slot)) === LD_IMM64) continue;
      callees[number].push({ slot, to: to.number });
    }
  }
  // Longest chain from each subprogram; one that is still open when met again is called by itself.
  const depths = new Int32Array(env.subprogs.length).fill(-1);
  const open = new Uint8Array(env.subprogs.length);
  const depthOf = (number: number): number => {
    if (depths[number] >= 0) return depths[number];
    open[number] = 1;
    let depth = 1;
    for (const { slot, to } of callees[number]) {
      if (open[to] === 1) throw new VerifierError(slot, `recursive call of ${env.subprogs[to].name}`);
      const below = depthOf(to);
      if (env.rules.looseGlobals && env.subprogs[to].isGlobal) continue;
      depth = Math.max(depth, 1 + below);
      if (depth > maxFrames) throw new VerifierError(slot, `the call stack of ${depth} frames is too deep`);
    }
    open[number] = 0;
    depths[number] = depth;
    return depth;
  };
  for (const { number } of env.subprogs) depthOf(number);
}
