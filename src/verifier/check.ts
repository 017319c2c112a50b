/**
 * The check proper: all paths through the program, depth first, one instruction at a time (`do_check()`,
 * `do_check_common()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf, dstOf, modeOf, offOf, opOf, srcOf } from '../isa/insn.js';
import {
  BPF_ABS,
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_VALUE,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_6,
  BPF_STX,
} from '../isa/opcodes.js';
import { PROG_TYPE } from '../kernel/types.js';
import { BTF_KIND_FUNC } from '../object/btf.js';
import { checkAlu } from './alu.js';
import { BTF_KERNEL, setBtfPointer, setKernelPointer } from './btf-pointers.js';
import { isPercpu, isStruct } from './kernel-types.js';
import { checkCondJump } from './branches.js';
import { checkHelperCall } from './calls.js';
import { subprogCalled } from './cfg.js';
import { JMP_POINT, PRUNE_POINT } from './env.js';
import type { VerifierEnv } from './env.js';
import { FuncState, MAIN_FUNC, VerifierState } from './frames.js';
import { checkKfuncCall } from './kfuncs.js';
import { updateBranchCounts } from './loops.js';
import { checkAtomic, checkLoad, checkStore } from './memory.js';
import { checkRead, checkWriteUnknown, clearCallerSaved } from './operands.js';
import { paramsOf } from './prototypes.js';
import type { Param } from './prototypes.js';
import { leaksReferences } from './references.js';
import {
  CONST_PTR_TO_MAP,
  DYNPTR_LOCAL,
  MEM_PERCPU,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TRUSTED,
} from './reg-types.js';
import { markDynptr } from './dynptr.js';
import { markKnown, markKnownZero, markNotModelled, markUnknown } from './register.js';
import type { Reg } from './register.js';
import { checkReturnValue } from './returns.js';
import { isStateVisited } from './states.js';
import { checkSubprogCall, leaveFunction } from './subprog-calls.js';

/** Explores the main function, then the global functions it calls and those they call, or all of them. */
export function checkProgram(env: VerifierEnv): void {
  checkFunction(env, 0);
  for (let found = true; found;) {
    found = false;
    for (const subprog of env.subprogs) {
      const wanted = subprog.called || env.rules.checksUncalledGlobals;
      if (subprog.number === 0 || !subprog.isGlobal || !wanted || subprog.verified) continue;
      checkFunction(env, subprog.number);
      subprog.verified = true;
      found = true;
    }
  }
}

/** Explores all paths from a function's entry. */
function checkFunction(env: VerifierEnv, subprog: number): void {
  env.explored = new Array<null>(env.length).fill(null);
  const state = new VerifierState();
  state.inSleepable = env.sleepable && env.rules.sleepsByPath;
  const frame = FuncState.entry(MAIN_FUNC, 0, subprog);
  state.frames.push(frame);
  env.cur = state;
  env.slot = env.subprogs[subprog].start;
  env.prevSlot = -1;
  state.firstSlot = env.slot;
  if (subprog === 0) {
    const context = frame.regs[BPF_REG_1];
    context.type = PTR_TO_CTX;
    markKnownZero(context);
  } else {
    frame.inExceptionCallback = env.subprogs[subprog].isExceptionCallback;
    setParams(env, frame, subprog);
  }
  explore(env);
  env.explored = [];
}

function setParams(env: VerifierEnv, frame: FuncState, subprog: number): void {
  const params = paramsOf(env, subprog);
  if (params === null) {
    env.refuse(`the prototype of global function ${env.subprogs[subprog].name}`);
    for (let i = 1; i <= 5; i++) markNotModelled(frame.regs[i]);
    return;
  }
  params.forEach((param, i) => setParam(env, frame.regs[i + 1], param));
}

function setParam(env: VerifierEnv, reg: Reg, param: Param): void {
  switch (param.kind) {
    case 'context':
      reg.type = PTR_TO_CTX;
      markKnownZero(reg);
      break;
    case 'scalar':
    case 'arena':
      markUnknown(reg);
      break;
    case 'dynptr':
      markDynptr(reg, DYNPTR_LOCAL, true, env.newId());
      break;
    case 'memory':
      reg.type = param.nullable ? PTR_TO_MEM | PTR_MAYBE_NULL : PTR_TO_MEM;
      markKnownZero(reg);
      reg.a = param.size | 0;
      reg.id = env.newId();
      break;
    default:
      setKernelPointer(env, reg, param.struct, PTR_TRUSTED);
      if (param.nullable) reg.type |= PTR_MAYBE_NULL;
      reg.id = env.newId();
  }
}

/** Explores from the current state on until no path is left. */
function explore(env: VerifierEnv): void {
  let prevSlot = -1;
  for (;;) {
    env.histEntry = -1;
    env.prevSlot = prevSlot;
    const { slot } = env;
    if (slot < 0 || slot >= env.length) env.fail(`the path leaves the program, from slot ${prevSlot}`);
    if (++env.steps > env.maxSteps) env.fail(`more than ${env.maxSteps} steps: the program is too complex`);
    env.cur.lastSlot = prevSlot;
    const marks = env.marks[slot];
    if ((marks & PRUNE_POINT) !== 0 && isStateVisited(env)) {
      if (!nextPath(env)) return;
      prevSlot = env.prevSlot;
      continue;
    }
    if ((marks & JMP_POINT) !== 0) env.pushHistory(0, null);
    env.markSeen(slot);
    prevSlot = slot;
    if (checkInsn(env)) continue;
    if (!nextPath(env)) return;
    prevSlot = env.prevSlot;
  }
}

/** The current path ends; takes up one that waits. False: none does. */
function nextPath(env: VerifierEnv): boolean {
  updateBranchCounts(env.cur);
  return env.popState();
}

/** Checks the instruction at `env.slot` and sets the slot to go on with; false when the path ends. */
function checkInsn(env: VerifierEnv): boolean {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64:
      checkAlu(env);
      break;
    case BPF_LDX:
      checkLoad(env);
      break;
    case BPF_STX:
      if (modeOf(code) === BPF_ATOMIC) {
        checkAtomic(env);
        break;
      }
      checkStore(env);
      break;
    case BPF_JMP:
    case BPF_JMP32:
      env.jumps++;
      switch (opOf(code)) {
        case BPF_CALL:
          if (!checkCall(env, w0)) return false;
          break;
        case BPF_JA:
          env.slot += classOf(code) === BPF_JMP ? offOf(w0) : env.imm(env.slot);
          break;
        case BPF_EXIT:
          return checkExit(env);
        default:
          checkCondJump(env);
      }
      break;
    case BPF_LD:
      if (modeOf(code) === BPF_ABS || modeOf(code) === BPF_IND) {
        checkPacketLoad(env, w0);
      } else {
        checkLdImm64(env, w0);
        env.slot++;
        env.markSeen(env.slot);
      }
      break;
    default:
      checkStore(env);
  }
  env.slot++;
  return true;
}

/** False when the path ends with the call. */
function checkCall(env: VerifierEnv, w0: number): boolean {
  switch (srcOf(w0)) {
    case BPF_PSEUDO_CALL:
      checkSubprogCall(env);
      return true;
    case BPF_PSEUDO_KFUNC_CALL:
      return checkKfuncCall(env);
    default:
      checkHelperCall(env);
      return true;
  }
}

/** An exit: back to the caller, or the end of the path. */
function checkExit(env: VerifierEnv): boolean {
  const { cur } = env;
  if (leaksReferences(env.frame)) env.refuse('references are held at exit');
  if (cur.frames.length > 1) {
    leaveFunction(env);
    return true;
  }
  if (cur.lockPtr !== 0 || cur.activeRcuLocks !== 0 || cur.activePreemptLock !== 0)
    env.refuse('a lock is held at exit');
  checkReturnValue(env, BPF_REG_0);
  return false;
}

/** A 64-bit immediate: a number, a map, a place in a map's value, a function, or a kernel variable. */
function checkLdImm64(env: VerifierEnv, w0: number): void {
  const { slot } = env;
  const dst = dstOf(w0);
  checkWriteUnknown(env, dst);
  const reg = env.regs[dst];
  const imm = env.imm(slot);
  const next = env.imm(slot + 1);
  switch (srcOf(w0)) {
    case 0:
      markKnown(reg, next, imm);
      return;
    case BPF_PSEUDO_BTF_ID:
      setKernelSymbol(env, reg, imm);
      return;
    case BPF_PSEUDO_FUNC:
      markKnownZero(reg);
      reg.type = PTR_TO_FUNC;
      reg.a = subprogCalled(env, slot).number;
      return;
    default: {
      const map = env.map(imm + 1);
      if (srcOf(w0) === BPF_PSEUDO_MAP_VALUE && map.isArena) return;
      markKnownZero(reg);
      reg.a = map.id;
      if (srcOf(w0) === BPF_PSEUDO_MAP_VALUE) {
        reg.type = PTR_TO_MAP_VALUE;
        reg.off = next;
      } else {
        reg.type = CONST_PTR_TO_MAP;
      }
    }
  }
}

/** The address of a kernel variable or function (`check_pseudo_btf_id`). */
function setKernelSymbol(env: VerifierEnv, reg: Reg, id: number): void {
  const btf = env.kernelBtf;
  if (btf === undefined || id <= 0 || id >= btf.typeCount || env.imm(env.slot + 1) !== 0) {
    env.unknown('the address of a kernel variable is not modelled');
    markNotModelled(reg);
    return;
  }
  markKnownZero(reg);
  if (btf.kind(id) === BTF_KIND_FUNC) {
    reg.type = PTR_TO_MEM | MEM_RDONLY;
    return;
  }
  const type = btf.type(id);
  if (isPercpu(btf, id)) {
    setBtfPointer(env, reg, BTF_KERNEL, type, MEM_PERCPU);
  } else if (isStruct(btf, btf.skipModifiers(type))) {
    setBtfPointer(env, reg, BTF_KERNEL, type, 0);
  } else {
    reg.type = PTR_TO_MEM | MEM_RDONLY;
    reg.a = btf.resolveSize(type) ?? 0;
  }
}

/** A legacy packet load: exits the function when it reaches outside the packet (`check_ld_abs`). */
function checkPacketLoad(env: VerifierEnv, w0: number): void {
  const { type } = env.program;
  if (type !== PROG_TYPE.SOCKET_FILTER && type !== PROG_TYPE.SCHED_CLS && type !== PROG_TYPE.SCHED_ACT) {
    env.refuse('packet load in a program of this type');
  }
  checkRead(env, BPF_REG_6);
  if (env.regs[BPF_REG_6].type !== PTR_TO_CTX) env.refuse('packet load without the context in R6');
  if (leaksReferences(env.frame)) env.refuse('packet load while references are held');
  if (modeOf(codeOf(w0)) === BPF_IND) checkRead(env, srcOf(w0));
  clearCallerSaved(env, env.regs);
  const r0 = env.regs[BPF_REG_0];
  markUnknown(r0);
  r0.subregDef = env.slot + 1;
  if (env.cur.frames.length === 1) return;
  env.pushState(env.slot + 1, env.slot);
  markKnownZero(r0);
  leaveFunction(env);
  env.slot--;
}
