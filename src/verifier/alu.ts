/**
 * Arithmetic: numbers, and pointers moved by numbers (`check_alu_op()`, `adjust_reg_min_max_vals()`,
 * `adjust_ptr_min_max_vals()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf, dstOf, offOf, opOf, srcOf } from '../isa/insn.js';
import {
  BPF_ADD,
  BPF_ALU64,
  BPF_AND,
  BPF_END,
  BPF_MOV,
  BPF_NEG,
  BPF_OR,
  BPF_SUB,
  BPF_X,
} from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import { AUX_FLAGS, FLAG_NEEDS_ZEXT } from './facts.js';
import { slt, toNumber, ult } from './int64.js';
import { checkRead, checkWrite, checkWriteUnknown } from './operands.js';
import { markPrecise } from './precision.js';
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  mayBeNull,
  NOT_MODELLED,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  SCALAR_VALUE,
} from './reg-types.js';
import {
  ADD_CONST,
  ADD_CONST32,
  ADD_CONST64,
  assignReg,
  clearScalarId,
  copyReg,
  LIVE_WRITTEN,
  mark32Known,
  mark32Unbounded,
  markKnown,
  markNotModelled,
  markUnknown,
  MAX_VAR_OFF,
  Reg,
  S32_MIN,
} from './register.js';
import { assignScalarId, regWidth } from './stack.js';

/** The second operand, when it must not change under the first's hands. */
const operand = new Reg();
/** The pointer of pointer arithmetic before it is moved. */
const pointer = new Reg();

/** Checks the ALU or ALU64 instruction at the current slot. */
export function checkAlu(env: VerifierEnv): void {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const dst = dstOf(w0);
  switch (opOf(code)) {
    case BPF_END:
    case BPF_NEG:
      checkUnary(env, w0);
      break;
    case BPF_MOV:
      if ((code & BPF_X) !== 0) checkMovReg(env, w0);
      else checkMovImm(env, w0);
      break;
    default:
      if ((code & BPF_X) !== 0) checkRead(env, srcOf(w0));
      checkRead(env, dst);
      checkWrite(env, dst);
      applyOp(env, w0);
  }
  env.numbers.dropContradictions(env.regs[dst]);
}

/** Negation, and the conversions of byte order. */
function checkUnary(env: VerifierEnv, w0: number): void {
  const code = codeOf(w0);
  const regno = dstOf(w0);
  const { numbers } = env;
  checkRead(env, regno);
  const dst = env.regs[regno];
  if (numbers.negate === undefined || numbers.swapBytes === undefined || dst.type !== SCALAR_VALUE) {
    checkWriteUnknown(env, regno);
    return;
  }
  checkWrite(env, regno);
  const wide = classOf(code) === BPF_ALU64;
  if (opOf(code) === BPF_NEG) numbers.negate(dst, !wide);
  else numbers.swapBytes(dst, env.imm(env.slot), wide || (code & BPF_X) !== 0);
}

function checkMovImm(env: VerifierEnv, w0: number): void {
  const dst = dstOf(w0);
  checkWriteUnknown(env, dst);
  const imm = env.imm(env.slot);
  markKnown(env.regs[dst], classOf(codeOf(w0)) === BPF_ALU64 ? imm >> 31 : 0, imm);
}

function checkMovReg(env: VerifierEnv, w0: number): void {
  checkRead(env, srcOf(w0));
  checkWrite(env, dstOf(w0));
  const src = env.src();
  const dst = env.dst();
  const bits = offOf(w0);
  if (classOf(codeOf(w0)) !== BPF_ALU64) {
    movLow(env, dst, src, bits);
    return;
  }
  const cast = env.imm(env.slot);
  if (cast !== 0) {
    markUnknown(dst);
    if (cast === 1) {
      dst.type = PTR_TO_ARENA;
      dst.subregDef = env.slot + 1;
    }
  } else if (bits === 0) {
    assignScalarId(env, src);
    copyReg(dst, src);
    dst.live |= LIVE_WRITTEN;
    dst.subregDef = 0;
  } else if (src.type === SCALAR_VALUE) {
    movSignExtended(env, dst, src, bits);
    env.numbers.coerceToSizeSigned(dst, bits >> 3);
    dst.subregDef = 0;
  } else {
    markUnknown(dst);
  }
}

function movSignExtended(env: VerifierEnv, dst: Reg, src: Reg, bits: number): void {
  const keeps = regWidth(src) < bits;
  if (keeps) assignScalarId(env, src);
  copyReg(dst, src);
  if (!keeps) clearScalarId(dst);
  dst.live |= LIVE_WRITTEN;
}

/** A 32-bit move. */
function movLow(env: VerifierEnv, dst: Reg, src: Reg, bits: number): void {
  if (src.type === SCALAR_VALUE) {
    if (bits === 0) {
      const keeps = env.rules.links !== 'copies' && regWidth(src) <= 32;
      if (keeps) assignScalarId(env, src);
      copyReg(dst, src);
      if (!keeps) clearScalarId(dst);
      dst.live |= LIVE_WRITTEN;
    } else {
      movSignExtended(env, dst, src, bits);
      env.numbers.coerceSubregToSizeSigned(dst, bits >> 3);
    }
    dst.subregDef = env.slot + 1;
  } else {
    markUnknown(dst);
  }
  env.numbers.zeroExtend(dst);
  env.numbers.sync(dst);
}

function applyOp(env: VerifierEnv, w0: number): void {
  const code = codeOf(w0);
  const op = opOf(code);
  const dst = env.dst();
  const fromReg = (code & BPF_X) !== 0;
  const wide = classOf(code) === BPF_ALU64;
  if (dst.type === PTR_TO_ARENA || (fromReg && env.src().type === PTR_TO_ARENA)) {
    if (dst.type !== PTR_TO_ARENA) assignReg(dst, env.src());
    dst.subregDef = env.slot + 1;
    if (wide) env.orAux(env.slot, AUX_FLAGS, FLAG_NEEDS_ZEXT);
    return;
  }
  if (fromReg) {
    const src = env.src();
    if (dst.type === NOT_MODELLED || src.type === NOT_MODELLED) {
      moveNotModelled(dst);
      return;
    }
    if (src.type !== SCALAR_VALUE) {
      if (dst.type !== SCALAR_VALUE) {
        if (op !== BPF_SUB) env.refuse('arithmetic on two pointers');
        markUnknown(dst);
        return;
      }
      markPrecise(env, dstOf(w0));
      copyReg(operand, dst);
      movePointer(env, op, wide, dst, src, operand);
      return;
    }
    if (dst.type !== SCALAR_VALUE) {
      markPrecise(env, srcOf(w0));
      movePointer(env, op, wide, dst, dst, src);
      return;
    }
    if (dst.precise) markPrecise(env, srcOf(w0));
    copyReg(operand, src);
  } else {
    const imm = env.imm(env.slot);
    operand.type = SCALAR_VALUE;
    markKnown(operand, imm >> 31, imm);
    if (dst.type === NOT_MODELLED) {
      moveNotModelled(dst);
      return;
    }
    if (dst.type !== SCALAR_VALUE) {
      movePointer(env, op, wide, dst, dst, operand);
      return;
    }
  }
  const forks = op === BPF_AND || op === BPF_OR;
  if (forks && operand.isConst() && env.rules.numbers !== 'early') forkOnMask(env, dstOf(w0), dst);
  const wasLow = dst.umaxH === 0;
  env.numbers.applyOp(op, !wide, offOf(w0) === 1, dst, operand);
  linkBySum(env.rules.links, w0, op, wide, wasLow, dst);
}

/** Neither pointer nor number is known: the result is neither. */
function moveNotModelled(dst: Reg): void {
  markNotModelled(dst);
}

/**
 * After `dst += constant` the sum still is linked with what it was made of.
 * @param wasLow the high half was 0 before
 */
function linkBySum(
  links: 'copies' | 'sums' | 'all',
  w0: number,
  op: number,
  wide: boolean,
  wasLow: boolean,
  dst: Reg,
): void {
  const self = (codeOf(w0) & BPF_X) !== 0 && srcOf(w0) === dstOf(w0);
  const isPlain = dst.id !== 0 && (dst.id & ADD_CONST) === 0 && !self;
  if (isPlain && links === 'sums' && op === BPF_ADD && wide) {
    if (operand.isConst() && operand.vh === 0 && operand.vl >= 0) {
      dst.id |= ADD_CONST64;
      dst.off = operand.vl;
      return;
    }
  } else if (isPlain && links === 'all' && (op === BPF_ADD || op === BPF_SUB)) {
    const isKnown = wide ? operand.isConst() && operand.vh === operand.vl >> 31 : wasLow && operand.ml === 0;
    if (isKnown && !(op === BPF_SUB && operand.vl === S32_MIN)) {
      dst.id |= wide ? ADD_CONST64 : ADD_CONST32;
      dst.off = op === BPF_SUB ? -operand.vl | 0 : operand.vl;
      return;
    }
  }
  clearScalarId(dst);
}

/** -1 or 0, as comparisons leave it: each of the two is explored on its own (`maybe_fork_scalars`). */
function forkOnMask(env: VerifierEnv, dstRegno: number, dst: Reg): void {
  let low: boolean;
  if ((dst.sminH & dst.sminL) === -1 && (dst.smaxH | dst.smaxL) === 0) low = false;
  else if (dst.s32min === -1 && dst.s32max === 0) low = true;
  else return;
  const branch = env.pushState(env.slot, env.slot);
  const other = branch.cur.regs[dstRegno];
  if (low) {
    mark32Known(other, 0);
    mark32Known(dst, -1);
  } else {
    markKnown(other, 0, 0);
    markKnown(dst, -1, -1);
  }
}

/** Can a pointer of this type be moved at all, by this operand? */
function isMovable(type: number, op: number, operandIsConst: boolean, operandIsZero: boolean): boolean {
  switch (baseType(type)) {
    case PTR_TO_CTX:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_STACK:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
    case PTR_TO_TP_BUFFER:
    case PTR_TO_BTF_ID:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_FUNC:
    case CONST_PTR_TO_DYNPTR:
      return true;
    case PTR_TO_FLOW_KEYS:
      return operandIsConst;
    case CONST_PTR_TO_MAP:
      return operandIsConst && operandIsZero && op === BPF_ADD;
    default:
      return false;
  }
}

/** Is the distance from the object one the kernel calculates with (`check_reg_sane_offset`)? */
function isSane(reg: Reg): boolean {
  if (reg.isConst()) {
    const value = toNumber(reg.vh, reg.vl);
    if (!(value < MAX_VAR_OFF && value > -MAX_VAR_OFF)) return false;
  }
  const smin = toNumber(reg.sminH, reg.sminL);
  return reg.off < MAX_VAR_OFF && reg.off > -MAX_VAR_OFF && smin < MAX_VAR_OFF && smin > -MAX_VAR_OFF;
}

/** `dst = ptr op off`, where `ptr` is a pointer, `off` a number; `dst` may be `ptr` but not `off`. */
function movePointer(env: VerifierEnv, op: number, wide: boolean, dst: Reg, ptr: Reg, off: Reg): void {
  const known = off.isConst();
  const contradictory =
    (known &&
      (off.sminH !== off.smaxH ||
        off.sminL !== off.smaxL ||
        off.uminH !== off.umaxH ||
        off.uminL !== off.umaxL)) ||
    slt(off.smaxH, off.smaxL, off.sminH, off.sminL) ||
    ult(off.umaxH, off.umaxL, off.uminH, off.uminL);
  if (contradictory) {
    markUnknown(dst);
    return;
  }
  if (!wide) {
    if (op !== BPF_SUB) env.refuse('32-bit arithmetic on a pointer');
    markUnknown(dst);
    return;
  }
  const offIsZero = (off.vh | off.vl) === 0;
  if (mayBeNull(ptr.type) || !isMovable(ptr.type, op, known, offIsZero)) {
    env.refuse('arithmetic on a pointer that cannot be moved');
    markUnknown(dst);
    return;
  }
  if (op !== BPF_ADD && (op !== BPF_SUB || dst !== ptr || ptr.type === PTR_TO_STACK)) {
    env.refuse('operation not possible on a pointer');
    markUnknown(dst);
    return;
  }
  if (!isSane(off) || !isSane(ptr)) {
    env.refuse('pointer moved too far');
    markUnknown(dst);
    return;
  }
  copyReg(pointer, ptr);
  if (dst !== ptr) assignReg(dst, ptr);
  mark32Unbounded(dst);
  moveBy(env, dst, pointer, off, op === BPF_SUB);
  if (!isSane(dst)) {
    env.refuse('pointer moved too far');
    markUnknown(dst);
    return;
  }
  env.numbers.sync(dst);
}

/** Moves the fixed offset, or, when the distance is not known or does not fit, the variable part. */
function moveBy(env: VerifierEnv, dst: Reg, ptr: Reg, off: Reg, subtract: boolean): void {
  if (off.isConst()) {
    const distance = toNumber(off.sminH, off.sminL);
    const fixed = subtract ? ptr.off - distance : ptr.off + distance;
    if (fixed === (fixed | 0)) {
      dst.off = fixed | 0;
      return;
    }
  }
  env.numbers.movePointer(dst, ptr, off, subtract);
  if (!isPacketPointer(ptr.type)) return;
  dst.id = env.newId();
  // The verified range is that of the pointer without the new variable part.
  if (!subtract || off.sminH < 0) dst.clearUnion();
}
