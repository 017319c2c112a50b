/** Arguments of helpers (`check_func_arg()`, kernel/bpf/verifier.c, Linux 6.12). */
import { MAP_TYPE } from '../kernel/types.js';
import { BPF_FUNC_map_peek_elem } from '../kernel/special-helpers.js';
import type { HelperProto } from '../kernel/profile.js';
import { processDynptrArg } from './dynptr-args.js';
import type { VerifierEnv } from './env.js';
import { ARG } from './helper-protos.js';
import { hasKnownKey } from './map-keys.js';
import type { MapInfo } from './maps.js';
import { checkMemoryOfHelper } from './memory.js';
import { mayAccessPacket } from './packets.js';
import { checkRead } from './operands.js';
import { markPrecise } from './precision.js';
import {
  baseType,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  mayBeNull,
  MEM_FIXED_SIZE,
  MEM_UNINIT,
  MEM_WRITE,
  NOT_MODELLED,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_STACK,
  SCALAR_VALUE,
} from './reg-types.js';
import type { Reg } from './register.js';
import { processKptrArg, processSpinLockArg, processTimerArg } from './special-fields.js';
import type { SpecialField } from './records.js';
import { checkStackOfHelper } from './stack.js';

/** Sizes that helpers are given stay below this (`BPF_MAX_VAR_SIZ`). */
const MAX_VAR_SIZE = 1 << 29;

/** What a call's arguments tell about the call (`struct bpf_call_arg_meta`). */
export class CallMeta {
  helper!: HelperProto;
  map: MapInfo | null = null;
  mapUid = 0;
  /** The memory argument just seen is only written. */
  rawMode = false;
  releaseRegno = 0;
  releasesDynptr = false;
  /** Stack that the helper writes without reading it first. */
  accessRegno = 0;
  accessSize = 0;
  memSize = 0;
  /** Largest size given. */
  maxSizeH = 0;
  maxSizeL = 0;
  refObjId = 0;
  dynptrId = 0;
  subprog = 0;
  kptr: SpecialField | null = null;
  /** The array that is looked into has the key. */
  keyIsFound = false;
  /** Type of a per-cpu variable: whose BTF, and its id there. */
  retBtf = 0;
  retBtfId = 0;

  reset(helper: HelperProto): void {
    this.helper = helper;
    this.map = null;
    this.mapUid = 0;
    this.rawMode = false;
    this.releaseRegno = 0;
    this.releasesDynptr = false;
    this.accessRegno = 0;
    this.accessSize = 0;
    this.memSize = 0;
    this.maxSizeH = 0;
    this.maxSizeL = 0;
    this.refObjId = 0;
    this.dynptrId = 0;
    this.subprog = 0;
    this.kptr = null;
    this.keyIsFound = false;
    this.retBtf = 0;
    this.retBtfId = 0;
  }
}

/** Checks argument `i` (0 to 4), which is of type `types[i]`. */
export function checkHelperArg(
  env: VerifierEnv,
  i: number,
  meta: CallMeta,
  proto: HelperProto,
  types: readonly number[],
): void {
  const regno = i + 1;
  let type = types[i];
  checkRead(env, regno);
  const reg = env.regs[regno];
  if (type === ARG.ANYTHING || type === ARG.SCALAR) return;
  if (isPacketPointer(reg.type) && !mayPassPacket(env, proto))
    env.refuse(`R${regno}: packet pointer given to a helper`);
  if (baseType(type) === ARG.PTR_TO_MAP_VALUE) type = resolveMapValue(meta, proto, type);
  if ((type & OBJ_RELEASE) !== 0) noteRelease(regno, type, meta);
  if (reg.refObjId !== 0 && baseType(type) !== ARG.KPTR_XCHG_DEST) meta.refObjId = reg.refObjId;
  switch (baseType(type)) {
    case ARG.CONST_MAP_PTR:
      checkMapArg(env, reg, regno, meta);
      break;
    case ARG.PTR_TO_MAP_KEY:
      if (meta.map !== null) {
        giveMemory(env, regno, meta.map.def.keySize, false, false, null);
        meta.keyIsFound = env.rules.findsKnownKeys && hasKnownKey(env, meta.map, reg);
      }
      break;
    case ARG.PTR_TO_MAP_VALUE:
      if (mayBeNull(type) && reg.isNull()) break;
      meta.rawMode = (type & MEM_UNINIT) !== 0;
      if (meta.map !== null) {
        giveMemory(env, regno, meta.map.def.valueSize, (type & MEM_WRITE) !== 0, false, meta);
      }
      break;
    case ARG.PTR_TO_CTX:
      if (reg.type !== PTR_TO_CTX && !(mayBeNull(type) && reg.isNull()))
        env.refuse(`R${regno} is no context`);
      break;
    case ARG.PTR_TO_SPIN_LOCK:
      processSpinLockArg(env, reg, proto);
      break;
    case ARG.PTR_TO_TIMER:
      processTimerArg(env, reg, meta);
      break;
    case ARG.PTR_TO_FUNC:
      if (reg.type === PTR_TO_FUNC) meta.subprog = reg.a;
      else env.fail(`R${regno} is no function of the program`);
      break;
    case ARG.PTR_TO_MEM:
      meta.rawMode = (type & MEM_UNINIT) !== 0;
      if ((type & MEM_FIXED_SIZE) !== 0 && !(mayBeNull(type) && reg.isNull())) {
        giveMemory(env, regno, proto.argSizes[i] ?? 0, (type & MEM_WRITE) !== 0, false, meta);
      }
      break;
    case ARG.CONST_SIZE:
    case ARG.CONST_SIZE_OR_ZERO:
      checkSizeArg(env, reg, regno, (types[i - 1] & MEM_WRITE) !== 0, type === ARG.CONST_SIZE_OR_ZERO, meta);
      break;
    case ARG.PTR_TO_DYNPTR:
      processDynptrArg(env, reg, regno, type);
      break;
    case ARG.CONST_ALLOC_SIZE_OR_ZERO:
      if (!reg.isConst()) env.refuse(`R${regno} is no known size`);
      meta.memSize = reg.vl;
      markPrecise(env, regno);
      break;
    case ARG.PTR_TO_PERCPU_BTF_ID:
      meta.retBtf = reg.a;
      meta.retBtfId = reg.b;
      break;
    case ARG.KPTR_XCHG_DEST:
      processKptrArg(env, reg, meta);
      break;
    default:
      break;
  }
}

function mayPassPacket(env: VerifierEnv, proto: HelperProto): boolean {
  // Asking sets the mark of direct writes only for accesses of the program's own.
  const seen = env.seenDirectWrite;
  const allowed = mayAccessPacket(env, false);
  env.seenDirectWrite = seen;
  return allowed && proto.packetAccess;
}

/** Some map types' helpers take something else for a value (`resolve_map_arg_type`). */
function resolveMapValue(meta: CallMeta, proto: HelperProto, type: number): number {
  if (meta.map === null) return type;
  if (meta.map.isSockMap) return ARG.PTR_TO_BTF_ID_SOCK_COMMON;
  if (meta.map.type === MAP_TYPE.BLOOM_FILTER && proto.id === BPF_FUNC_map_peek_elem)
    return ARG.PTR_TO_MAP_VALUE;
  return type;
}

function noteRelease(regno: number, type: number, meta: CallMeta): void {
  meta.releaseRegno = regno;
  meta.releasesDynptr = baseType(type) === ARG.PTR_TO_DYNPTR;
}

function checkMapArg(env: VerifierEnv, reg: Reg, regno: number, meta: CallMeta): void {
  if (reg.type !== CONST_PTR_TO_MAP) {
    if (reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no map`);
    return;
  }
  meta.map = env.map(reg.a);
  meta.mapUid = reg.b;
}

/** The helper gets `size` bytes. */
function giveMemory(
  env: VerifierEnv,
  regno: number,
  size: number,
  write: boolean,
  zeroAllowed: boolean,
  meta: CallMeta | null,
): void {
  if (baseType(env.regs[regno].type) !== PTR_TO_STACK) {
    checkMemoryOfHelper(env, regno, size, write, zeroAllowed);
  } else if (checkStackOfHelper(env, regno, size, write, zeroAllowed, meta?.rawMode === true)) {
    meta!.accessRegno = regno;
    meta!.accessSize = size;
  }
}

/** A size, and with it the memory of the argument before (`check_mem_size_reg`). */
export function checkSizeArg(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  write: boolean,
  zeroAllowed: boolean,
  meta: CallMeta | null,
): void {
  if (reg.type !== SCALAR_VALUE) {
    if (reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no size`);
    return;
  }
  if (meta !== null) {
    meta.maxSizeH = reg.umaxH;
    meta.maxSizeL = reg.umaxL;
  }
  if (
    reg.sminH < 0 ||
    ((reg.uminH | reg.uminL) === 0 && !zeroAllowed) ||
    reg.umaxH !== 0 ||
    reg.umaxL >>> 0 >= MAX_VAR_SIZE
  ) {
    env.refuse(`R${regno}: size out of bounds`);
  } else {
    giveMemory(env, regno - 1, reg.umaxL, write, zeroAllowed, reg.isConst() ? meta : null);
  }
  markPrecise(env, regno);
}

/** Memory of a known size, or null, that a global function or kernel function may read and write (`check_mem_reg`). */
export function checkSizeOfArg(env: VerifierEnv, regno: number, size: number): void {
  const reg = env.regs[regno];
  if (reg.isNull()) return;
  const { type } = reg;
  // A pointer that may be null is checked as if it were not.
  reg.type = type & ~PTR_MAYBE_NULL;
  giveMemory(env, regno, size, false, true, null);
  giveMemory(env, regno, size, true, true, null);
  reg.type = type;
}
