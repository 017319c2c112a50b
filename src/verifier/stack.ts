/**
 * Accesses to the program's stack: spills and fills that keep what is known of a register, and bytes of which only is
 * known whether they were written (`check_stack_write()`, `check_stack_read()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf } from '../isa/insn.js';
import { BPF_ST } from '../isa/opcodes.js';
import { destroyDynptrAt } from './dynptr.js';
import type { VerifierEnv } from './env.js';
import { checkFastcallContract } from './fastcall.js';
import type { FuncState } from './frames.js';
import { stackAccess } from './history.js';
import { bitLength, slt, toNumber } from './int64.js';
import { markRead64 } from './liveness.js';
import { markPrecise } from './precision.js';
import { isSpillable, NOT_INIT, NOT_MODELLED, SCALAR_VALUE } from './reg-types.js';
import {
  ADD_CONST,
  clearScalarId,
  copyReg,
  LIVE_WRITTEN,
  markConstZero,
  markKnown,
  markUnknown,
  MAX_VAR_OFF,
  Reg,
  S32_MAX,
  S32_MIN,
} from './register.js';
import {
  BPF_REG_SIZE,
  isSpecial,
  isSpilled,
  isSpilledScalar,
  MAX_BPF_STACK,
  scrubbed,
  slotOf,
  slotType,
  STACK_DYNPTR,
  STACK_INVALID,
  STACK_MISC,
  STACK_SPILL,
  STACK_ZERO,
  withSlotType,
} from './stack-slots.js';

/** Lowest and highest offset from the frame pointer that the last bounds check found. */
let minOff = 0;
let maxOff = 0;

/** Width in bits of the largest value (`get_reg_width`). */
export function regWidth(reg: Reg): number {
  return bitLength(reg.umaxH, reg.umaxL);
}

/** Gives a number an id before it is copied, so that the copies are known to be equal. */
export function assignScalarId(env: VerifierEnv, reg: Reg): void {
  if (reg.type !== SCALAR_VALUE) return;
  if ((reg.id & ADD_CONST) !== 0) clearScalarId(reg);
  if (reg.id === 0 && !reg.isConst()) reg.id = env.newId();
}

function growStack(env: VerifierEnv, frame: FuncState, bytes: number): void {
  const slots = Math.ceil(bytes / BPF_REG_SIZE);
  const { stack } = frame;
  while (stack.length < slots) stack.push(new Reg());
  const subprog = env.subprogs[frame.subprog];
  const size = slots * BPF_REG_SIZE;
  if (subprog.stackDepth < size) subprog.stackDepth = size;
}

/**
 * Are `size` bytes at `off` from where `reg` points within the stack? Then the frame's stack reaches there, and
 * `minOff`, `maxOff` hold the range of the offset (`check_stack_access_within_bounds`).
 */
function isWithinStack(env: VerifierEnv, reg: Reg, off: number, size: number): boolean {
  if (reg.isConst()) {
    minOff = toNumber(reg.vh, reg.vl) + off;
    maxOff = minOff;
  } else {
    if (!slt(reg.smaxH, reg.smaxL, 0, MAX_VAR_OFF) || !slt(-1, -MAX_VAR_OFF, reg.sminH, reg.sminL))
      return false;
    minOff = toNumber(reg.sminH, reg.sminL) + off;
    maxOff = toNumber(reg.smaxH, reg.smaxL) + off;
  }
  if (!(minOff >= -MAX_BPF_STACK && minOff <= -1) || maxOff + size > 0 || size < 0) return false;
  growStack(env, env.frameOf(reg), -minOff);
  return true;
}

/** A store of `size` bytes to the stack through R`ptrRegno`; `valueRegno` is -1 for an immediate. */
export function checkStackWrite(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
): void {
  const reg = env.regs[ptrRegno];
  if (!isWithinStack(env, reg, off, size)) {
    env.refuse(`write of ${size} bytes outside the stack`);
    return;
  }
  if (reg.isConst()) writeFixed(env, env.frameOf(reg), minOff, size, valueRegno);
  else writeVariable(env, env.frameOf(reg), minOff, maxOff + size, valueRegno);
}

/** Is nothing known of the number (`__is_scalar_unbounded()`, Linux 6.1)? */
function isUnbounded(reg: Reg): boolean {
  return (
    (reg.mh & reg.ml) === -1 &&
    (reg.uminH | reg.uminL | reg.sminL | reg.u32min) === 0 &&
    (reg.umaxH & reg.umaxL & reg.smaxL & reg.u32max) === -1 &&
    reg.sminH === S32_MIN &&
    reg.smaxH === S32_MAX &&
    reg.s32min === S32_MIN &&
    reg.s32max === S32_MAX
  );
}

/** Is a 0 stored, from a register or as an immediate? */
function storesZero(env: VerifierEnv, value: Reg | null): boolean {
  if (value !== null) return value.isNull();
  return classOf(codeOf(env.word0(env.slot))) === BPF_ST && env.imm(env.slot) === 0;
}

function writeFixed(env: VerifierEnv, frame: FuncState, off: number, size: number, valueRegno: number): void {
  const first = -off - 1;
  const slotNumber = slotOf(off);
  const slot = frame.stack[slotNumber];
  const value = valueRegno >= 0 ? env.regs[valueRegno] : null;
  destroyDynptrAt(env, frame, slotNumber);
  checkFastcallContract(env, frame, env.slot, off);
  let access = stackAccess(frame.frameno, slotNumber);
  const { spillsBounded } = env.rules;
  if (
    value !== null &&
    off % BPF_REG_SIZE === 0 &&
    value.type === SCALAR_VALUE &&
    !(spillsBounded && (isUnbounded(value) || value.isNull()))
  ) {
    const fits = regWidth(value) <= 8 * size;
    if (fits && !spillsBounded) assignScalarId(env, value);
    spill(slot, value, size);
    if (!fits) slot.id = 0;
  } else if (
    value === null &&
    off % BPF_REG_SIZE === 0 &&
    classOf(codeOf(env.word0(env.slot))) === BPF_ST &&
    !(spillsBounded && env.imm(env.slot) === 0)
  ) {
    const fake = env.fakeReg;
    const imm = env.imm(env.slot);
    markUnknown(fake);
    markKnown(fake, imm >> 31, imm);
    fake.subregDef = 0;
    spill(slot, fake, size);
  } else if (
    value !== null &&
    isSpillable(value.type) &&
    (size === BPF_REG_SIZE || value.type !== NOT_MODELLED)
  ) {
    if (size !== BPF_REG_SIZE) {
      env.refuse('a pointer is spilled in part');
      scrubSlot(slot);
      setBytes(slot, first, size, STACK_MISC);
      access = 0;
    } else {
      spill(slot, value, size);
    }
  } else {
    scrubSlot(slot);
    if (size === BPF_REG_SIZE) slot.live |= LIVE_WRITTEN;
    let type = STACK_MISC;
    if (storesZero(env, value)) {
      if (valueRegno >= 0) markPrecise(env, valueRegno);
      type = STACK_ZERO;
    }
    setBytes(slot, first, size, type);
    access = 0;
  }
  if (access !== 0) env.pushHistory(access, null);
}

/** `size` bytes downwards from byte `first` of the slot's numbering get a type. */
function setBytes(slot: Reg, first: number, size: number, type: number): void {
  let types = slot.slotTypes;
  for (let i = 0; i < size; i++) types = withSlotType(types, (first - i) & 7, type);
  slot.slotTypes = types;
}

/** Spills the low `size` bytes of a register into the slot (`save_register_state`). */
function spill(slot: Reg, reg: Reg, size: number): void {
  copyReg(slot, reg);
  if (size === BPF_REG_SIZE) slot.live |= LIVE_WRITTEN;
  let types = slot.slotTypes;
  for (let i = 0; i < BPF_REG_SIZE; i++) {
    if (i >= BPF_REG_SIZE - size) types = withSlotType(types, i, STACK_SPILL);
    else if (slotType(types, i) !== STACK_INVALID && slotType(types, i) !== STACK_ZERO) {
      types = withSlotType(types, i, STACK_MISC);
    }
  }
  slot.slotTypes = types;
}

/** What was spilled into the slot is no longer whole: its bytes become data (`scrub_special_slot`). */
function scrubSlot(slot: Reg): void {
  slot.type = NOT_INIT;
  if (isSpecial(slot.slotTypes)) slot.slotTypes = scrubbed(slot.slotTypes);
}

function writeVariable(
  env: VerifierEnv,
  frame: FuncState,
  from: number,
  to: number,
  valueRegno: number,
): void {
  const { spillsBounded } = env.rules;
  const writesZero =
    (valueRegno >= 0 || !spillsBounded) && storesZero(env, valueRegno >= 0 ? env.regs[valueRegno] : null);
  let zeroUsed = false;
  for (let off = from; off < to; off++) destroyDynptrAt(env, frame, slotOf(off));
  checkFastcallContract(env, frame, env.slot, from);
  for (let off = from; off < to; off++) {
    const byte = (-off - 1) & 7;
    const slot = frame.stack[slotOf(off)];
    const type = slotType(slot.slotTypes, byte);
    if (writesZero && !spillsBounded && type === STACK_SPILL && isSpilledScalar(slot) && slot.isNull()) {
      zeroUsed = true;
      continue;
    }
    scrubSlot(slot);
    // After scrubbing the type may be another.
    const keepsZero = writesZero && slotType(slot.slotTypes, byte) === STACK_ZERO;
    if (keepsZero) zeroUsed = true;
    slot.slotTypes = withSlotType(slot.slotTypes, byte, keepsZero ? STACK_ZERO : STACK_MISC);
  }
  if (zeroUsed && valueRegno >= 0) markPrecise(env, valueRegno);
}

/** A load of `size` bytes from the stack; `dstRegno` is -1 when nothing is loaded into a register. */
export function checkStackRead(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  dstRegno: number,
): void {
  const reg = env.regs[ptrRegno];
  if (reg.isConst()) {
    if (!isWithinStack(env, reg, off, size)) {
      refuseRead(env, size, dstRegno);
      return;
    }
    readFixed(env, env.frameOf(reg), minOff, size, dstRegno);
    return;
  }
  if (dstRegno < 0 || !isWithinStack(env, reg, off, size)) {
    refuseRead(env, size, dstRegno);
    return;
  }
  const frame = env.frameOf(reg);
  const from = minOff;
  const to = maxOff + size;
  readRange(env, frame, from, to, false);
  markBytesRead(env, frame, from, to, dstRegno);
  checkFastcallContract(env, frame, env.slot, from);
}

function refuseRead(env: VerifierEnv, size: number, dstRegno: number): void {
  env.refuse(`read of ${size} bytes outside the stack`);
  if (dstRegno >= 0) markUnknown(env.regs[dstRegno]);
}

function readFixed(env: VerifierEnv, frame: FuncState, off: number, size: number, dstRegno: number): void {
  const slotNumber = slotOf(off);
  const slot = frame.stack[slotNumber];
  const access = stackAccess(frame.frameno, slotNumber);
  checkFastcallContract(env, env.frame, env.slot, off);
  if (!isSpilled(slot)) {
    markRead64(slot);
    if (dstRegno >= 0) markBytesRead(env, frame, off, off + size, dstRegno);
    return;
  }
  const spillSize = spilledBytes(slot.slotTypes);
  if (size === BPF_REG_SIZE && spillSize === BPF_REG_SIZE) {
    if (dstRegno >= 0) {
      const dst = env.regs[dstRegno];
      if (env.rules.linksFills) assignScalarId(env, slot);
      copyReg(dst, slot);
      dst.live |= LIVE_WRITTEN;
    }
    markRead64(slot);
    env.pushHistory(access, null);
    return;
  }
  readPartOfSpill(env, slot, off, size, spillSize, dstRegno, access);
}

function readPartOfSpill(
  env: VerifierEnv,
  slot: Reg,
  off: number,
  size: number,
  spillSize: number,
  dstRegno: number,
  access: number,
): void {
  if (slot.type !== SCALAR_VALUE) {
    if (slot.type !== NOT_MODELLED) env.refuse('a spilled pointer is read in part');
    if (dstRegno >= 0) markUnknown(env.regs[dstRegno]);
    return;
  }
  markRead64(slot);
  if (dstRegno < 0) return;
  const dst = env.regs[dstRegno];
  let historyFlags = access;
  const { spillsBounded } = env.rules;
  if (off % BPF_REG_SIZE === 0 && (spillsBounded ? size === spillSize : size <= spillSize)) {
    // The load coerces the value to its size afterwards, and the definition is the load's.
    const { subregDef } = dst;
    if (env.rules.linksFills && size === 4 && spillSize === 4 && regWidth(slot) <= 32)
      assignScalarId(env, slot);
    copyReg(dst, slot);
    dst.subregDef = subregDef;
    if (regWidth(slot) > 8 * size && !spillsBounded) clearScalarId(dst);
  } else {
    let spilled = 0;
    let zeros = 0;
    for (let i = 0; i < size; i++) {
      const type = slotType(slot.slotTypes, (-off - 1 - i) & 7);
      if (type === STACK_SPILL) spilled++;
      else if (type === STACK_ZERO) zeros++;
    }
    if (spillsBounded) {
      markUnknown(dst);
      historyFlags = 0;
    } else if (spilled === size && slot.isNull()) {
      markConstZero(dst);
    } else {
      if (zeros === size) markConstZero(dst);
      else markUnknown(dst);
      historyFlags = 0;
    }
  }
  dst.live |= LIVE_WRITTEN;
  if (historyFlags !== 0) env.pushHistory(historyFlags, null);
}

/** Bytes of a spill, from the lowest up. */
function spilledBytes(types: number): number {
  let size = 1;
  while (size < BPF_REG_SIZE && slotType(types, BPF_REG_SIZE - 1 - size) === STACK_SPILL) size++;
  return size;
}

/** What a load of bytes that are no spill gives: 0 when all are known to be 0 (`mark_reg_stack_read`). */
function markBytesRead(env: VerifierEnv, frame: FuncState, from: number, to: number, dstRegno: number): void {
  const dst = env.regs[dstRegno];
  let off = from;
  while (off < to && slotType(frame.stack[slotOf(off)].slotTypes, (-off - 1) & 7) === STACK_ZERO) off++;
  if (off === to) markConstZero(dst);
  else markUnknown(dst);
  dst.live |= LIVE_WRITTEN;
}

/** Bytes of the stack are read; with `clobber`, by a helper that may write them as well. */
function readRange(env: VerifierEnv, frame: FuncState, from: number, to: number, clobber: boolean): void {
  for (let off = from; off < to; off++) {
    const slot = frame.stack[slotOf(off)];
    const byte = (-off - 1) & 7;
    const type = slotType(slot.slotTypes, byte);
    if (type === STACK_ZERO || type === STACK_INVALID) {
      if (clobber) slot.slotTypes = withSlotType(slot.slotTypes, byte, STACK_MISC);
    } else if (type !== STACK_MISC) {
      if (isSpilled(slot)) {
        if (clobber) {
          markUnknown(slot);
          slot.slotTypes = scrubbed(slot.slotTypes);
        }
      } else {
        env.refuse('read of a stack slot that holds no plain data');
      }
    }
    markRead64(slot);
  }
}

/** Where a helper writes without reading first; see `checkStackOfHelper`. */
export interface RawAccess {
  regno: number;
  size: number;
}

/**
 * A helper gets `size` bytes of stack through R`regno` (`check_stack_range_initialized`). Returns true when the helper
 * only writes them: then the writes are the caller's to check.
 */
export function checkStackOfHelper(
  env: VerifierEnv,
  regno: number,
  size: number,
  write: boolean,
  zeroAllowed: boolean,
  rawMode: boolean,
): boolean {
  const reg = env.regs[regno];
  if (size === 0 && !zeroAllowed) {
    env.refuse(`R${regno}: zero-sized stack access`);
    return false;
  }
  if (!isWithinStack(env, reg, reg.off, size)) {
    env.refuse(`R${regno}: ${size} bytes outside the stack given to a helper`);
    return false;
  }
  const from = minOff;
  const to = maxOff + size;
  const frame = env.frameOf(reg);
  if (rawMode && reg.isConst()) {
    for (let off = from; off < to; off++) {
      const slot = frame.stack.at(slotOf(off));
      if (slot !== undefined && slotType(slot.slotTypes, (-off - 1) & 7) === STACK_DYNPTR) {
        env.refuse('a helper may overwrite a dynptr');
      }
    }
    return true;
  }
  readRange(env, frame, from, to, write || !env.rules.keepsReadStack);
  return false;
}
