/**
 * Arguments of kernel functions: what each must be follows from its type and from what its name ends in
 * (`check_kfunc_args()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { BTF_KIND_FUNC_PROTO, BTF_KIND_PTR, BTF_KIND_STRUCT } from '../object/btf.js';
import { BTF_UNKNOWN } from './btf-pointers.js';
import { dynptrId, dynptrKind, dynptrRefObjId, processDynptrArg } from './dynptr-args.js';
import type { VerifierEnv } from './env.js';
import type { GraphRoot } from './graph-fields.js';
import { checkSizeArg, checkSizeOfArg } from './helper-args.js';
import { ARG } from './helper-protos.js';
import { toNumber } from './int64.js';
import { destroyIterator, findIterator, iteratorIn, newIterator } from './iterators.js';
import type { IterPlace } from './iterators.js';
import { isScalarType } from './kernel-types.js';
import { plainName } from './kfunc-meta.js';
import type { Kfunc } from './kfunc-meta.js';
import { markPrecise } from './precision.js';
import { contextStructOf, isContextPointee } from './prototypes.js';
import { fieldAt } from './records.js';
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  DYNPTR_LOCAL,
  DYNPTR_RINGBUF,
  DYNPTR_SKB,
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  DYNPTR_XDP,
  isAllocatedObject,
  MEM_UNINIT,
  NON_OWN_REF,
  NOT_MODELLED,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  SCALAR_VALUE,
} from './reg-types.js';
import type { Reg } from './register.js';
import { recordOfReg } from './special-fields.js';
import {
  KF_ITER_DESTROY,
  KF_ITER_NEW,
  KF_ITER_NEXT,
  KF_RCU_PROTECTED,
  KF_RELEASE,
} from './tables/kfunc-flags.js';

/** Most arguments a function has. */
const MAX_ARGS = 5;
/** Bytes of a stack slot. */
const SLOT = 8;

/** What a call's arguments tell about it (`struct bpf_kfunc_call_arg_meta`). */
export class KfuncCall {
  kfunc!: Kfunc;
  refObjId = 0;
  releaseRegno = 0;
  subprog = 0;
  /** The one argument that must be a known number; -1 when there was none. */
  constant = -1;
  /** Size of the buffer returned, -1 when no argument says. */
  bufferSize = -1;
  bufferReadOnly = false;
  /** Type of the object given. */
  argBtf = BTF_UNKNOWN;
  argBtfId = 0;
  ownsArgument = false;
  root: GraphRoot | undefined;
  dynptrKind = 0;
  dynptrId = 0;
  dynptrRef = 0;
  iter: IterPlace | null = null;
  /** Kernel structure behind the context. */
  contextType = 0;

  reset(kfunc: Kfunc): void {
    this.kfunc = kfunc;
    this.refObjId = 0;
    this.releaseRegno = 0;
    this.subprog = 0;
    this.constant = -1;
    this.bufferSize = -1;
    this.bufferReadOnly = false;
    this.argBtf = BTF_UNKNOWN;
    this.argBtfId = 0;
    this.ownsArgument = false;
    this.root = undefined;
    this.dynptrKind = 0;
    this.dynptrId = 0;
    this.dynptrRef = 0;
    this.iter = null;
    this.contextType = 0;
  }
}

/** Checks the arguments of the call at the current slot. */
export function checkKfuncArgs(env: VerifierEnv, call: KfuncCall): void {
  const { btf, proto } = call.kfunc;
  const count = btf.vlen(proto);
  if (count > MAX_ARGS) {
    env.refuse(`${call.kfunc.name} has ${count} arguments`);
    return;
  }
  for (let i = 0; i < count; i++) {
    const name = btf.elementName(proto, i);
    if (name.endsWith('__ign') || name.endsWith('__prog') || name.endsWith('__impl')) continue;
    const type = btf.skipModifiers(btf.elementType(proto, i));
    const reg = env.regs[i + 1];
    if (isScalarType(btf, type)) checkNumber(env, call, reg, i + 1, name);
    else if (btf.kind(type) === BTF_KIND_PTR) i += checkPointer(env, call, reg, i, name, btf.type(type));
    else env.refuse(`argument ${i + 1} of ${call.kfunc.name} has a type that cannot be passed`);
  }
  if ((call.kfunc.flags & KF_RELEASE) !== 0 && call.releaseRegno === 0) {
    env.refuse(`${call.kfunc.name} is given no reference to release`);
  }
}

function checkNumber(env: VerifierEnv, call: KfuncCall, reg: Reg, regno: number, name: string): void {
  if (reg.type !== SCALAR_VALUE) {
    if (reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no number`);
    return;
  }
  const isConstant = name.endsWith('__k');
  const isBuffer = name === 'rdonly_buf_size' || name === 'rdwr_buf_size';
  if (!isConstant && !isBuffer) return;
  if (!reg.isConst()) env.refuse(`R${regno} is no known number`);
  markPrecise(env, regno);
  const value = toNumber(reg.vh, reg.vl);
  if (isConstant) {
    call.constant = value;
  } else {
    call.bufferSize = value;
    call.bufferReadOnly = name === 'rdonly_buf_size';
  }
}

/** Checks a pointer argument and returns how many further arguments it takes in: a size behind it is one. */
function checkPointer(
  env: VerifierEnv,
  call: KfuncCall,
  reg: Reg,
  i: number,
  name: string,
  pointee: number,
): number {
  const { btf, flags } = call.kfunc;
  const regno = i + 1;
  if (reg.refObjId !== 0) {
    call.refObjId = reg.refObjId;
    if ((flags & KF_RELEASE) !== 0) call.releaseRegno = regno;
  }
  const target = btf.skipModifiers(pointee);
  const plain = plainName(call.kfunc);
  const struct = btf.kind(target) === BTF_KIND_STRUCT ? btf.typeName(target) : '';
  if (plain === 'bpf_cast_to_kern_ctx' || isContextPointee(env, btf, pointee)) {
    checkContext(env, call, reg, regno, plain);
  } else if (name.endsWith('__nullable') && reg.isNull()) {
    return 0;
  } else if (name.endsWith('__alloc')) {
    takeObject(env, call, reg, regno);
  } else if (name.endsWith('__refcounted_kptr')) {
    call.ownsArgument = (reg.type & NON_OWN_REF) === 0;
    takeObject(env, call, reg, regno);
  } else if (struct === 'bpf_dynptr' || struct === 'bpf_dynptr_kern') {
    checkDynptr(env, call, reg, regno, name, plain);
  } else if (isIterator(call, i, name)) {
    checkIterator(env, call, regno, target);
  } else if (struct === 'bpf_list_head' || struct === 'bpf_rb_root') {
    call.root = fieldAt(
      recordOfReg(env, reg),
      offsetOf(reg),
      struct === 'bpf_list_head' ? 'list-head' : 'rb-root',
    )?.root;
    if (call.root === undefined && reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no list or tree`);
  } else if (struct === 'bpf_list_node' || struct === 'bpf_rb_node') {
    takeObject(env, call, reg, regno);
  } else if (name.endsWith('__str') || name.endsWith('__map') || struct === 'bpf_wq') {
    return 0;
  } else if (isTyped(reg.type)) {
    return 0;
  } else if (btf.kind(target) === BTF_KIND_FUNC_PROTO) {
    if (reg.type === PTR_TO_FUNC) call.subprog = reg.a;
    else env.fail(`R${regno} is no function of the program`);
  } else {
    return checkMemory(env, call, reg, i, name, target);
  }
  return 0;
}

/** Pointers that have a BTF type, their own or that of what they always point to. */
function isTyped(type: number): boolean {
  switch (baseType(type)) {
    case PTR_TO_BTF_ID:
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case CONST_PTR_TO_MAP:
    case NOT_MODELLED:
      return true;
    default:
      return false;
  }
}

function offsetOf(reg: Reg): number {
  return reg.off + toNumber(reg.vh, reg.vl);
}

function checkContext(env: VerifierEnv, call: KfuncCall, reg: Reg, regno: number, plain: string): void {
  if (reg.type !== PTR_TO_CTX && reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no context`);
  if (plain !== 'bpf_cast_to_kern_ctx') return;
  call.contextType = env.kernelBtf?.findByName(contextStructOf(env), BTF_KIND_STRUCT) ?? 0;
}

function takeObject(env: VerifierEnv, call: KfuncCall, reg: Reg, regno: number): void {
  if (!isAllocatedObject(reg.type)) {
    if (reg.type !== NOT_MODELLED) env.refuse(`R${regno} is no object of the program`);
    return;
  }
  call.argBtf = reg.a;
  call.argBtfId = reg.b;
}

/** Flag of the kind a clone is of. */
function flagOfKind(kind: number): number {
  switch (kind) {
    case DYNPTR_LOCAL:
      return DYNPTR_TYPE_LOCAL;
    case DYNPTR_RINGBUF:
      return DYNPTR_TYPE_RINGBUF;
    case DYNPTR_SKB:
      return DYNPTR_TYPE_SKB;
    default:
      return kind === DYNPTR_XDP ? DYNPTR_TYPE_XDP : 0;
  }
}

function checkDynptr(
  env: VerifierEnv,
  call: KfuncCall,
  reg: Reg,
  regno: number,
  name: string,
  plain: string,
): void {
  const isNew = name.endsWith('__uninit');
  let type = ARG.PTR_TO_DYNPTR | (isNew ? MEM_UNINIT : 0);
  let cloneRef = 0;
  if (plain === 'bpf_dynptr_from_skb') type |= DYNPTR_TYPE_SKB;
  else if (plain === 'bpf_dynptr_from_xdp') type |= DYNPTR_TYPE_XDP;
  else if (plain === 'bpf_dynptr_clone' && isNew) {
    type |= flagOfKind(call.dynptrKind);
    cloneRef = call.dynptrRef;
  }
  processDynptrArg(env, reg, regno, type, cloneRef);
  if (isNew) return;
  call.dynptrId = reg.type === CONST_PTR_TO_DYNPTR ? reg.id : dynptrId(env, reg);
  call.dynptrKind = dynptrKind(env, reg);
  call.dynptrRef = dynptrRefObjId(env, reg);
}

function isIterator(call: KfuncCall, i: number, name: string): boolean {
  if ((call.kfunc.flags & (KF_ITER_NEW | KF_ITER_NEXT | KF_ITER_DESTROY)) !== 0) return i === 0;
  return name.endsWith('__iter');
}

function checkIterator(env: VerifierEnv, call: KfuncCall, regno: number, struct: number): void {
  const { btf, flags } = call.kfunc;
  const slots = Math.floor((btf.resolveSize(struct) ?? 0) / SLOT);
  if ((flags & KF_ITER_NEW) !== 0) {
    newIterator(env, regno, slots, struct, (flags & KF_RCU_PROTECTED) !== 0);
    return;
  }
  const place = findIterator(env, regno, slots, struct);
  if (place === null) {
    env.refuse(`R${regno} is no iterator`);
    return;
  }
  call.iter = place;
  call.refObjId = iteratorIn(env.cur, place).refObjId;
  if ((flags & KF_ITER_DESTROY) !== 0) destroyIterator(env, place, slots);
}

function checkMemory(
  env: VerifierEnv,
  call: KfuncCall,
  reg: Reg,
  i: number,
  name: string,
  target: number,
): number {
  const { btf, proto } = call.kfunc;
  const regno = i + 1;
  if (i + 1 < btf.vlen(proto)) {
    const sizeName = btf.elementName(proto, i + 1);
    const size = env.regs[regno + 1];
    const isKnownSize = sizeName.endsWith('__szk');
    if ((isKnownSize || sizeName.endsWith('__sz')) && size.type === SCALAR_VALUE) {
      if (!reg.isNull() || !name.endsWith('__opt')) checkMemoryAndSize(env, reg, size, regno + 1);
      if (isKnownSize) {
        if (!size.isConst()) env.refuse(`R${regno + 1} is no known size`);
        call.constant = toNumber(size.vh, size.vl);
      }
      return 1;
    }
  }
  const bytes = btf.resolveSize(target);
  if (bytes === undefined) env.refuse(`R${regno}: memory of unknown size`);
  else checkSizeOfArg(env, regno, bytes);
  return 0;
}

/** Memory of a size that is an argument, to be read and written (`check_kfunc_mem_size_reg`). */
function checkMemoryAndSize(env: VerifierEnv, memory: Reg, size: Reg, regno: number): void {
  const { type } = memory;
  memory.type = type & ~PTR_MAYBE_NULL;
  checkSizeArg(env, size, regno, false, true, null);
  checkSizeArg(env, size, regno, true, true, null);
  memory.type = type;
}
