/**
 * Loads and stores, by what the base register points to: what is loaded, what the rewriting must know of the access, and
 * whether Linux allows it (`check_mem_access()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { accessSize, classOf, codeOf, dstOf, modeOf, offOf, srcOf } from '../isa/insn.js';
import {
  BPF_CMPXCHG,
  BPF_FETCH,
  BPF_LOAD_ACQ,
  BPF_STORE_REL,
  BPF_MEMSX,
  BPF_REG_0,
  BPF_ST,
} from '../isa/opcodes.js';
import { contextAccess, socketAccess } from '../kernel/contexts/index.js';
import type { ContextAccess, SocketPointer } from '../kernel/contexts/index.js';
import { loadBtfField, loadContextArgument, loadMapField, markLoaded } from './btf-pointers.js';
import type { VerifierEnv } from './env.js';
import { AUX_CTX_FIELD_SIZE } from './facts.js';
import { bitLength, r, toNumber } from './int64.js';
import { checkRead, checkWrite, checkWriteUnknown } from './operands.js';
import { accessPacket, checkPacketRange } from './packets.js';
import {
  baseType,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  isSockPointer,
  mayBeNull,
  MEM_RDONLY,
  NOT_INIT,
  NOT_MODELLED,
  PTR_MAYBE_NULL,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_TP_BUFFER,
  PTR_TO_XDP_SOCK,
  PTR_UNTRUSTED,
  SCALAR_VALUE,
} from './reg-types.js';
import { markKnown, markKnownZero, markUnknown, MAX_VAR_OFF } from './register.js';
import type { Reg } from './register.js';
import { loadKptr } from './special-fields.js';
import { checkStackRead, checkStackWrite } from './stack.js';

/** Bytes of `struct bpf_flow_keys`. */
const FLOW_KEYS_SIZE = 56;

const READ = false;
const WRITE = true;

/** A load: `dst = *(size *)(src + off)`. */
export function checkLoad(env: VerifierEnv): void {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const src = srcOf(w0);
  const dst = dstOf(w0);
  checkRead(env, src);
  checkWrite(env, dst);
  const type = env.regs[src].type;
  accessMemory(env, src, offOf(w0), accessSize(code), READ, dst, modeOf(code) === BPF_MEMSX);
  savePtrType(env, type, true);
  env.numbers.dropContradictions(env.regs[dst]);
}

/** A store of a register or an immediate. */
export function checkStore(env: VerifierEnv): void {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = classOf(code) === BPF_ST ? -1 : srcOf(w0);
  if (src >= 0) checkRead(env, src);
  checkRead(env, dst);
  const { type } = env.regs[dst];
  accessMemory(env, dst, offOf(w0), accessSize(code), WRITE, src, false);
  savePtrType(env, type, false);
}

/** Register that an atomic operation loads into; -1 for none. */
export function fetchedRegister(w0: number, imm: number): number {
  if (imm === BPF_LOAD_ACQ) return dstOf(w0);
  if (imm === BPF_STORE_REL || (imm & BPF_FETCH) === 0) return -1;
  return imm === BPF_CMPXCHG ? BPF_REG_0 : srcOf(w0);
}

/** An atomic operation. */
export function checkAtomic(env: VerifierEnv): void {
  const w0 = env.word0(env.slot);
  const src = srcOf(w0);
  const dst = dstOf(w0);
  const imm = env.imm(env.slot);
  const size = accessSize(codeOf(w0));
  if (imm === BPF_LOAD_ACQ) {
    checkLoad(env);
    return;
  }
  if (imm === BPF_STORE_REL) {
    checkStore(env);
    return;
  }
  checkRead(env, src);
  checkRead(env, dst);
  if (imm === BPF_CMPXCHG) checkRead(env, BPF_REG_0);
  const base = env.regs[dst];
  if (base.type === PTR_TO_CTX || isPacketPointer(base.type) || isSockPointer(base.type)) {
    env.refuse('atomic operation on a context, packet or socket');
  }
  const fetched = fetchedRegister(w0, imm);
  if (fetched >= 0) checkWriteUnknown(env, fetched);
  accessMemory(env, dst, offOf(w0), size, READ, -1, false);
  if (fetched >= 0) accessMemory(env, dst, offOf(w0), size, READ, fetched, false);
  if (base.type === PTR_TO_ARENA) savePtrType(env, PTR_TO_ARENA, false);
  if (base.type === NOT_MODELLED) savePtrType(env, NOT_MODELLED, false);
  accessMemory(env, dst, offOf(w0), size, WRITE, -1, false);
}

/** Must all paths agree on the type that an access goes through? */
function mattersToRewriting(type: number): boolean {
  const base = baseType(type);
  return base === PTR_TO_CTX || isSockPointer(base) || base === PTR_TO_BTF_ID || base === PTR_TO_ARENA;
}

/** Notes through what the access at the current slot goes (`save_aux_ptr_type`). */
function savePtrType(env: VerifierEnv, type: number, trustMayDiffer: boolean): void {
  const prev = env.ptrTypes[env.slot];
  if (prev === NOT_INIT) {
    env.ptrTypes[env.slot] = type;
  } else if (prev !== type && (mattersToRewriting(type) || mattersToRewriting(prev))) {
    if (trustMayDiffer && baseType(type) === PTR_TO_BTF_ID && baseType(prev) === PTR_TO_BTF_ID) {
      env.ptrTypes[env.slot] = PTR_TO_BTF_ID | PTR_UNTRUSTED;
    } else if (type !== NOT_MODELLED && prev !== NOT_MODELLED) {
      env.refuse('the same instruction cannot be used with different pointers');
    }
  }
}

/**
 * Accesses `size` bytes at `off` from where R`regno` points. `valueRegno` is the register loaded into or stored from, -1
 * for none.
 */
export function accessMemory(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  write: boolean,
  valueRegno: number,
  signed: boolean,
): void {
  const reg = env.regs[regno];
  const { type } = reg;
  const value = !write && valueRegno >= 0 ? env.regs[valueRegno] : null;
  const at = off + reg.off;
  switch (baseType(type)) {
    case PTR_TO_STACK:
      // Also `env.regs` may be another array afterwards: nothing of it is kept.
      if (write) checkStackWrite(env, regno, at, size, valueRegno);
      else checkStackRead(env, regno, at, size, valueRegno);
      break;
    case PTR_TO_MAP_VALUE:
      if (mayBeNull(type)) refuseAccess(env, regno, value);
      else accessMapValue(env, reg, at, size, write, valueRegno, signed);
      break;
    case PTR_TO_CTX:
      if (type !== PTR_TO_CTX) refuseAccess(env, regno, value);
      else accessContext(env, reg, at, size, write, value, signed);
      break;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      accessPacket(env, reg, at, size, write);
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_MAP_KEY:
      if (write) env.refuse('write into a map key');
      checkRegion(env, reg, at, size, env.map(reg.a).def.keySize, false);
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_MEM:
      if (mayBeNull(type) || (write && (type & MEM_RDONLY) !== 0)) env.refuse(`R${regno}: access to memory`);
      else checkRegion(env, reg, at, size, reg.a >>> 0, false);
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_FLOW_KEYS:
      if (at < 0 || at + size > FLOW_KEYS_SIZE) env.refuse('access outside the flow keys');
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_XDP_SOCK:
      accessSocket(env, type, at, size, write);
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_BTF_ID:
      if (mayBeNull(type)) refuseAccess(env, regno, value);
      else loadBtfField(env, reg, at, size, write, value);
      break;
    case CONST_PTR_TO_MAP:
      if (write) env.refuse('write into a map');
      if (value !== null) loadMapField(env, reg, at, size, value);
      break;
    case PTR_TO_BUF:
      if (mayBeNull(type) || (write && (type & MEM_RDONLY) !== 0) || at < 0 || !isAtStart(reg)) {
        env.refuse(`R${regno}: access to a buffer`);
      }
      if (value !== null) markUnknown(value);
      break;
    case PTR_TO_TP_BUFFER:
    case PTR_TO_ARENA:
      if (value !== null) markUnknown(value);
      break;
    case NOT_MODELLED:
      env.unknown(`${write ? 'store' : 'load'} through R${regno}, the type of which is not modelled`);
      if (value !== null) markLoaded(value, size);
      break;
    default:
      refuseAccess(env, regno, value);
  }
  if (size < 8 && value !== null && value.type === SCALAR_VALUE) {
    if (signed) env.numbers.coerceToSizeSigned(value, size);
    else env.numbers.coerceToSize(value, size);
  }
}

function refuseAccess(env: VerifierEnv, regno: number, value: Reg | null): void {
  env.refuse(`R${regno} is no pointer to memory`);
  if (value !== null) markUnknown(value);
}

/** Has the pointer no variable offset? */
function isAtStart(reg: Reg): boolean {
  return (reg.mh | reg.ml | reg.vh | reg.vl) === 0;
}

/** Notes an access that may go outside `limit` bytes (`check_mem_region_access`). */
function checkRegion(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  limit: number,
  zeroAllowed: boolean,
): void {
  const min = toNumber(reg.sminH, reg.sminL) + off;
  const max = toNumber(reg.umaxH, reg.umaxL) + off;
  const sizeOk = size > 0 || (size === 0 && zeroAllowed);
  const bounded = bitLength(reg.umaxH, reg.umaxL) <= 32 && max - off < MAX_VAR_OFF;
  if (!sizeOk || !(min >= 0) || !bounded || min + size > limit || max + size > limit) {
    env.refuse(`access of ${size} bytes at offset ${min} outside an object of ${limit} bytes`);
  }
}

function accessMapValue(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  write: boolean,
  valueRegno: number,
  signed: boolean,
): void {
  const map = env.map(reg.a);
  if (write && map.readOnly) env.refuse(`write into read-only map ${map.def.name}`);
  checkRegion(env, reg, off, size, map.def.valueSize, false);
  const isConst = reg.isConst();
  if (isConst && loadKptr(env, map, off + toNumber(reg.vh, reg.vl), size, write, valueRegno)) return;
  if (write || valueRegno < 0) return;
  const value = env.regs[valueRegno];
  if (isConst && map.readConstant(off + toNumber(reg.vh, reg.vl), size, signed)) {
    value.type = SCALAR_VALUE;
    markKnown(value, r.h, r.l);
  } else {
    markUnknown(value);
  }
}

const LOADED_TYPES: Readonly<Record<ContextAccess['loaded'], number>> = {
  SCALAR: SCALAR_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_PACKET_END,
  PTR_TO_FLOW_KEYS,
  PTR_TO_SOCKET,
  PTR_TO_SOCKET_OR_NULL: PTR_TO_SOCKET | PTR_MAYBE_NULL,
  PTR_TO_SOCK_COMMON_OR_NULL: PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL,
  PTR_TO_TP_BUFFER,
  BTF_ARGUMENT: PTR_TO_BTF_ID,
};

function accessContext(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  write: boolean,
  value: Reg | null,
  signed: boolean,
): void {
  if (reg.off !== 0 || !isAtStart(reg)) {
    env.refuse('access through a moved context pointer');
    if (value !== null) markUnknown(value);
    return;
  }
  const { program } = env;
  const access = contextAccess(program.type, program.attachType, off, size, write, signed);
  if (!access.valid) {
    env.refuse(`invalid context access: offset ${off}, size ${size}`);
    if (value !== null) markUnknown(value);
    return;
  }
  const type = LOADED_TYPES[access.loaded];
  if (type === PTR_TO_BTF_ID) {
    if (value !== null) loadContextArgument(env, access, off, size, value);
    return;
  }
  env.setAux(env.slot, AUX_CTX_FIELD_SIZE, access.fieldSize);
  if (value === null) return;
  if (type === SCALAR_VALUE) {
    markUnknown(value);
    return;
  }
  markKnownZero(value);
  if (mayBeNull(type)) value.id = env.newId();
  value.subregDef = 0;
  value.type = type;
}

const SOCKET_NAMES: ReadonlyMap<number, SocketPointer> = new Map([
  [PTR_TO_SOCKET, 'PTR_TO_SOCKET'],
  [PTR_TO_SOCK_COMMON, 'PTR_TO_SOCK_COMMON'],
  [PTR_TO_TCP_SOCK, 'PTR_TO_TCP_SOCK'],
  [PTR_TO_XDP_SOCK, 'PTR_TO_XDP_SOCK'],
]);

function accessSocket(env: VerifierEnv, type: number, off: number, size: number, write: boolean): void {
  const name = SOCKET_NAMES.get(type);
  const access = name === undefined ? undefined : socketAccess(name, off, size);
  if (write || access?.valid !== true) {
    env.refuse(`invalid socket access: offset ${off}, size ${size}`);
    return;
  }
  env.setAux(env.slot, AUX_CTX_FIELD_SIZE, access.fieldSize);
}

/** A helper gets `size` bytes through R`regno` to read or write (`check_helper_mem_access`), not on the stack. */
export function checkMemoryOfHelper(
  env: VerifierEnv,
  regno: number,
  size: number,
  write: boolean,
  zeroAllowed: boolean,
): void {
  const reg = env.regs[regno];
  const { type } = reg;
  switch (baseType(type)) {
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      checkPacketRange(env, reg, reg.off, size, zeroAllowed);
      return;
    case PTR_TO_MAP_KEY:
      if (write) env.refuse(`R${regno}: write into a map key`);
      checkRegion(env, reg, reg.off, size, env.map(reg.a).def.keySize, false);
      return;
    case PTR_TO_MAP_VALUE: {
      const map = env.map(reg.a);
      if (write && map.readOnly) env.refuse(`R${regno}: write into read-only map ${map.def.name}`);
      checkRegion(env, reg, reg.off, size, map.def.valueSize, zeroAllowed);
      return;
    }
    case PTR_TO_MEM:
      if (write && (type & MEM_RDONLY) !== 0) env.refuse(`R${regno}: write into read-only memory`);
      else checkRegion(env, reg, reg.off, size, reg.a >>> 0, zeroAllowed);
      return;
    case PTR_TO_BUF:
    case PTR_TO_BTF_ID:
    case NOT_MODELLED:
      return;
    default:
      if (!(zeroAllowed && size === 0 && reg.isNull())) env.refuse(`R${regno} is no memory for a helper`);
  }
}
