/**
 * Conditional jumps: one side is explored at once, the other set aside, each with what the condition tells
 * (`check_cond_jmp_op()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf, dstOf, offOf, opOf, srcOf } from '../isa/insn.js';
import {
  BPF_JCOND,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP32,
  BPF_JNE,
  BPF_REG_FP,
  BPF_X,
} from '../isa/opcodes.js';
import { AT_PKT_END, BEYOND_PKT_END, branchTaken, isNotNull, TAKEN, UNDECIDED } from './branch-taken.js';
import type { VerifierEnv } from './env.js';
import { collectRegs } from './frames.js';
import type { VerifierState } from './frames.js';
import { DST_REG_STACK, LinkedRegs, SRC_REG_STACK } from './history.js';
import { findPrevEntry, widenImprecise } from './loops.js';
import { checkRead } from './operands.js';
import { markPrecise } from './precision.js';
import { markNotNull, mayPointToSpinLock } from './pointers.js';
import {
  baseType,
  isPacketPointerOrEnd,
  mayBeNull,
  NOT_MODELLED,
  PTR_TO_BTF_ID,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  SCALAR_VALUE,
} from './reg-types.js';
import { ADD_CONST, ADD_CONST32, clearScalarId, copyReg, markKnown, markUnknown, Reg } from './register.js';
import { releaseReferenceState } from './references.js';
import { isSpilled } from './stack-slots.js';

/** Farthest a packet pointer's verified range reaches. */
const MAX_PACKET_OFF = 0xffff;

const linked = new LinkedRegs();
const difference = new Reg();

/** Checks the conditional jump at the current slot; `env.slot` is then the slot before the one to go on with. */
export function checkCondJump(env: VerifierEnv): void {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const op = opOf(code);
  if (op === BPF_JCOND) {
    checkMayGoto(env, w0);
    return;
  }
  const fromReg = (code & BPF_X) !== 0;
  const low = classOf(code) === BPF_JMP32;
  const dstRegno = dstOf(w0);
  const srcRegno = srcOf(w0);
  checkRead(env, dstRegno);
  if (fromReg) checkRead(env, srcRegno);
  const dst = env.regs[dstRegno];
  const src = fromReg ? env.regs[srcRegno] : immediate(env);
  let flags = dst.type === PTR_TO_STACK ? DST_REG_STACK : 0;
  if (fromReg && src.type === PTR_TO_STACK) flags |= SRC_REG_STACK;
  if (flags !== 0) env.pushHistory(flags, null);

  const taken = branchTaken(env, dst, src, op, low);
  if (taken !== UNDECIDED) {
    markPrecise(env, dstRegno);
    if (fromReg) markPrecise(env, srcRegno);
    if (taken === TAKEN) env.slot += offOf(w0);
    return;
  }

  linked.count = 0;
  if (env.rules.links !== 'copies') {
    if (fromReg && src.type === SCALAR_VALUE && src.id !== 0) collectLinked(env.cur, src.id);
    if (dst.type === SCALAR_VALUE && dst.id !== 0) collectLinked(env.cur, dst.id);
    if (linked.count > 1) env.pushHistory(0, linked);
  }

  const other = env.pushState(env.slot + offOf(w0) + 1, env.slot);
  const otherRegs = other.cur.regs;
  const otherDst = otherRegs[dstRegno];
  const otherSrc = fromReg ? otherRegs[srcRegno] : immediateOfOther(env);
  env.numbers.refine(otherDst, otherSrc, dst, src, op, low);
  if (fromReg && src.type === SCALAR_VALUE && src.id !== 0 && src.id === otherSrc.id) {
    syncLinked(env, env.cur, src);
    syncLinked(env, other, otherSrc);
  }
  if (dst.type === SCALAR_VALUE && dst.id !== 0 && dst.id === otherDst.id) {
    syncLinked(env, env.cur, dst);
    syncLinked(env, other, otherDst);
  }
  if (fromReg && !low && env.rules.nullChecks !== 'few') learnNotNull(env, dst, src, otherDst, otherSrc, op);
  const isNull = fromReg ? env.rules.nullChecks === 'most' && src.isNull() : env.imm(env.slot) === 0;
  if (!low && isNull && (op === BPF_JEQ || op === BPF_JNE) && mayBeNull(dst.type)) {
    if (fromReg) markPrecise(env, srcRegno);
    markPtrOrNull(env, env.cur, dstRegno, op === BPF_JNE);
    markPtrOrNull(env, other, dstRegno, op === BPF_JEQ);
  } else if (fromReg && !low) {
    matchPacketPointers(env, op, dstRegno, srcRegno, env.cur, other);
  }
}

/** The immediate operand as a register. */
function immediate(env: VerifierEnv): Reg {
  const reg = env.fakeReg;
  const imm = env.imm(env.slot);
  markUnknown(reg);
  markKnown(reg, imm >> 31, imm);
  return reg;
}

function immediateOfOther(env: VerifierEnv): Reg {
  copyReg(env.fakeReg2, env.fakeReg);
  return env.fakeReg2;
}

/** `may_goto`: the jump is followed first, then the loop goes on with what does not change from turn to turn. */
function checkMayGoto(env: VerifierEnv, w0: number): void {
  if (offOf(w0) === 0) env.refuse('may_goto to the next instruction');
  const { cur } = env;
  const prev = cur.parent === null ? null : findPrevEntry(env, cur.parent, env.slot);
  const queued = env.pushState(env.slot + 1, env.slot);
  queued.mayGotoDepth++;
  if (prev !== null) widenImprecise(env, prev, queued);
  env.slot += offOf(w0);
}

/** Finds all registers and spilled registers linked with an id, up to the most that are tracked. */
function collectLinked(state: VerifierState, id: number): void {
  const base = id & ~ADD_CONST;
  for (let f = state.frames.length - 1; f >= 0; f--) {
    const { regs, stack } = state.frames[f];
    for (let i = 0; i < BPF_REG_FP; i++) collectOne(regs[i], base, f, i, true);
    for (let i = 0; i < stack.length; i++) {
      if (isSpilled(stack[i])) collectOne(stack[i], base, f, i, false);
    }
  }
}

function collectOne(reg: Reg, base: number, frame: number, number: number, isReg: boolean): void {
  if (reg.type !== SCALAR_VALUE || (reg.id & ~ADD_CONST) !== base) return;
  if (!linked.push(frame, number, isReg)) clearScalarId(reg);
}

/** Gives what became known of one register to its copies, wherever they are (`find_equal_scalars()`, Linux 6.1). */
function syncCopies(env: VerifierEnv, state: VerifierState, known: Reg): void {
  const count = collectRegs(state, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (reg === known || reg.type !== SCALAR_VALUE || reg.id !== known.id) continue;
    const { subregDef } = reg;
    copyReg(reg, known);
    reg.subregDef = subregDef;
  }
}

/** Gives what became known of one register to those linked with it. */
function syncLinked(env: VerifierEnv, state: VerifierState, known: Reg): void {
  if (env.rules.links === 'copies') {
    syncCopies(env, state, known);
    return;
  }
  const base = known.id & ~ADD_CONST;
  for (let i = 0; i < linked.count; i++) {
    const frame = state.frames[linked.frameno(i)];
    const reg = (linked.isReg(i) ? frame.regs : frame.stack)[linked.number(i)];
    if (reg === known || reg.type !== SCALAR_VALUE || (reg.id & ~ADD_CONST) !== base) continue;
    const { subregDef, off, id } = reg;
    if (((id | known.id) & ADD_CONST) === 0 || off === known.off) {
      copyReg(reg, known);
      reg.subregDef = subregDef;
      continue;
    }
    const all = env.rules.links === 'all';
    // One is a sum of 64 bits, the other of 32.
    if (all && ((id ^ known.id) & ADD_CONST) === ADD_CONST) continue;
    const by = off - known.off;
    difference.type = SCALAR_VALUE;
    markKnown(difference, all ? Math.floor(by / 0x1_0000_0000) : (by | 0) >> 31, by | 0);
    copyReg(reg, known);
    reg.off = off;
    reg.id = id;
    reg.subregDef = subregDef;
    env.numbers.addDifference(reg, difference);
    if (!all) continue;
    if (((id | known.id) & ADD_CONST32) !== 0) env.numbers.zeroExtend(reg);
    env.numbers.sync(reg);
  }
}

/** A pointer that may be null equals one that cannot: then neither is. */
function learnNotNull(env: VerifierEnv, dst: Reg, src: Reg, otherDst: Reg, otherSrc: Reg, op: number): void {
  if (
    dst.type === SCALAR_VALUE ||
    src.type === SCALAR_VALUE ||
    dst.type === NOT_MODELLED ||
    src.type === NOT_MODELLED ||
    baseType(dst.type) === PTR_TO_BTF_ID ||
    baseType(src.type) === PTR_TO_BTF_ID
  ) {
    return;
  }
  if (op !== BPF_JEQ && op !== BPF_JNE) return;
  const most = env.rules.nullChecks === 'most';
  const ofSrc = mayBeNull(src.type) && (most ? isNotNull(env, dst) : !mayBeNull(dst.type));
  const ofDst = mayBeNull(dst.type) && (most ? isNotNull(env, src) : !mayBeNull(src.type));
  if (ofSrc) markNotNull(env, op === BPF_JEQ ? otherSrc : src);
  if (ofDst) markNotNull(env, op === BPF_JEQ ? otherDst : dst);
}

/** All pointers of the same origin are null, or none is (`mark_ptr_or_null_regs`). */
function markPtrOrNull(env: VerifierEnv, state: VerifierState, regno: number, isNull: boolean): void {
  const { id, refObjId } = state.cur.regs[regno];
  if (refObjId !== 0 && refObjId === id && isNull) releaseReferenceState(state.cur, id);
  const count = collectRegs(state, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (!mayBeNull(reg.type) || reg.id !== id) continue;
    if (isNull) {
      reg.type = SCALAR_VALUE;
      reg.id = 0;
      reg.refObjId = 0;
      continue;
    }
    markNotNull(env, reg);
    // Locks are told apart by the id of the register they are taken through.
    if (!mayPointToSpinLock(env, reg)) reg.id = 0;
  }
}

/** All packet pointers of the same origin can be read up to the offset that was compared (`find_good_pkt_pointers`). */
function verifyPacketRange(
  env: VerifierEnv,
  state: VerifierState,
  compared: Reg,
  type: number,
  rightOpen: boolean,
): void {
  if (compared.off < 0 || (compared.off === 0 && rightOpen)) return;
  if (
    compared.umaxH !== 0 ||
    compared.umaxL >>> 0 > MAX_PACKET_OFF ||
    (compared.umaxL >>> 0) + compared.off > MAX_PACKET_OFF
  ) {
    return;
  }
  const range = compared.off + (rightOpen ? 1 : 0);
  const { id } = compared;
  const count = collectRegs(state, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (reg.type === type && reg.id === id) reg.a = Math.max(reg.a, range);
  }
}

function markPacketEnd(state: VerifierState, regno: number, beyond: boolean): void {
  const reg = state.cur.regs[regno];
  if (reg.type === PTR_TO_PACKET) reg.a = beyond ? BEYOND_PKT_END : AT_PKT_END;
}

function isPacketStart(reg: Reg): boolean {
  return (
    reg.type === PTR_TO_PACKET && reg.id === 0 && reg.off === 0 && (reg.mh | reg.ml | reg.vh | reg.vl) === 0
  );
}

/** Comparisons of a packet pointer with the packet's end (`try_match_pkt_pointers`). */
function matchPacketPointers(
  env: VerifierEnv,
  op: number,
  dstRegno: number,
  srcRegno: number,
  notTaken: VerifierState,
  taken: VerifierState,
): void {
  if (op !== BPF_JGT && op !== BPF_JLT && op !== BPF_JGE && op !== BPF_JLE) return;
  const dst = env.regs[dstRegno];
  const src = env.regs[srcRegno];
  if (!isPacketPointerOrEnd(dst.type) || !isPacketPointerOrEnd(src.type)) return;
  let pointer: Reg;
  let regno: number;
  let pointerLeft: boolean;
  if (
    (dst.type === PTR_TO_PACKET && src.type === PTR_TO_PACKET_END) ||
    (dst.type === PTR_TO_PACKET_META && isPacketStart(src))
  ) {
    pointer = dst;
    regno = dstRegno;
    pointerLeft = true;
  } else if (
    (dst.type === PTR_TO_PACKET_END && src.type === PTR_TO_PACKET) ||
    (isPacketStart(dst) && src.type === PTR_TO_PACKET_META)
  ) {
    pointer = src;
    regno = srcRegno;
    pointerLeft = false;
  } else {
    return;
  }
  // The side on which the pointer is before the end, and whether it may there be at the end itself.
  const beforeWhenTaken = pointerLeft === (op === BPF_JLT || op === BPF_JLE);
  const before = beforeWhenTaken ? taken : notTaken;
  const past = beforeWhenTaken ? notTaken : taken;
  const strict = op === BPF_JGT || op === BPF_JLT;
  const open = strict === beforeWhenTaken;
  verifyPacketRange(env, before, pointer, pointer.type, open);
  markPacketEnd(past, regno, !open);
}
