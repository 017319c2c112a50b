/** Functions that helpers call back, and what they are called with (kernel/bpf/verifier.c, Linux 6.12). */
import { BPF_REG_1, BPF_REG_2, BPF_REG_3, BPF_REG_4, BPF_REG_5 } from '../isa/opcodes.js';
import { isAsyncCallbackCall } from './callback-calls.js';
import { setKernelPointer } from './btf-pointers.js';
import { markDynptr } from './dynptr.js';
import type { VerifierEnv } from './env.js';
import { FuncState, MAIN_FUNC, VerifierState } from './frames.js';
import {
  CONST_PTR_TO_MAP,
  DYNPTR_LOCAL,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  SCALAR_VALUE,
} from './reg-types.js';
import { assignReg, markKnownZero, markNotInit, markNotModelled, S32_MAX, S32_MIN } from './register.js';
import type { Reg } from './register.js';
import { setGraphNode, setNonOwning } from './graph-fields.js';
import type { GraphRoot } from './graph-fields.js';
import { hasField, recordOf } from './records.js';
import { enterFunction } from './subprog-calls.js';
import type { SetCallee } from './subprog-calls.js';

/**
 * The call at the current slot calls back function `subprog`: that path is set aside (`push_callback_call`). `sleepable`: an
 * asynchronous callback may sleep.
 */
export function pushCallback(
  env: VerifierEnv,
  subprog: number,
  setCallee: SetCallee,
  sleepable = false,
): void {
  const info = env.subprogs[subprog];
  info.isCallback = true;
  if (isAsyncCallbackCall(env, env.slot)) {
    info.isAsyncCallback = true;
    pushAsyncCallback(env, subprog, setCallee, sleepable);
    return;
  }
  if (env.rules.callbacksOnce) {
    enterFunction(env, env.cur, subprog, env.slot, setCallee);
    env.slot = info.start - 1;
    return;
  }
  const state = env.pushState(info.start, env.slot);
  enterFunction(env, state, subprog, env.slot, setCallee);
  state.callbackUnrollDepth++;
  state.frames[state.frames.length - 2].callbackDepth++;
  env.frame.callbackDepth = 0;
}

/** The callback runs later, with nothing on its stack (`push_async_cb`). */
function pushAsyncCallback(
  env: VerifierEnv,
  subprog: number,
  setCallee: SetCallee,
  sleepable: boolean,
): void {
  const state = new VerifierState();
  state.inSleepable = sleepable;
  state.histStart = env.cur.histEnd;
  state.histEnd = state.histStart;
  const callee = FuncState.entry(MAIN_FUNC, 0, subprog);
  state.frames.push(callee);
  callee.asyncEntryCnt = env.frame.asyncEntryCnt + 1;
  setCallee(env, env.frame, callee);
  env.wait(state, env.subprogs[subprog].start, env.slot);
}

function mapPointer(reg: Reg, type: number, map: number): void {
  reg.type = type;
  markKnownZero(reg);
  reg.a = map;
}

function clearFrom(callee: FuncState, first: number): void {
  for (let i = first; i <= BPF_REG_5; i++) markNotInit(callee.regs[i]);
}

function returnsZeroOrOne(callee: FuncState): void {
  callee.retMin = 0;
  callee.retMax = 1;
}

export const setMapElemCallback: SetCallee = (_env, caller, callee) => {
  const map = caller.regs[BPF_REG_1];
  assignReg(callee.regs[BPF_REG_1], map);
  mapPointer(callee.regs[BPF_REG_2], PTR_TO_MAP_KEY, map.a);
  mapPointer(callee.regs[BPF_REG_3], PTR_TO_MAP_VALUE, map.a);
  assignReg(callee.regs[BPF_REG_4], caller.regs[BPF_REG_3]);
  clearFrom(callee, BPF_REG_5);
  callee.inCallback = true;
  returnsZeroOrOne(callee);
};

export const setLoopCallback: SetCallee = (_env, caller, callee) => {
  callee.regs[BPF_REG_1].type = SCALAR_VALUE;
  assignReg(callee.regs[BPF_REG_2], caller.regs[BPF_REG_3]);
  clearFrom(callee, BPF_REG_3);
  callee.inCallback = true;
  returnsZeroOrOne(callee);
};

/** The kernel calls it some time, with a map, and a key and value of that. */
function callsLaterWithEntry(callee: FuncState, map: number): void {
  mapPointer(callee.regs[BPF_REG_1], CONST_PTR_TO_MAP, map);
  mapPointer(callee.regs[BPF_REG_2], PTR_TO_MAP_KEY, map);
  mapPointer(callee.regs[BPF_REG_3], PTR_TO_MAP_VALUE, map);
  clearFrom(callee, BPF_REG_4);
  callee.inAsyncCallback = true;
}

export const setTimerCallback: SetCallee = (_env, caller, callee) => {
  callsLaterWithEntry(callee, caller.regs[BPF_REG_1].a);
  returnsZeroOrOne(callee);
};

/** Of `bpf_task_work_schedule_signal()` and the like. */
export const setTaskWorkCallback: SetCallee = (_env, caller, callee) => {
  callsLaterWithEntry(callee, caller.regs[BPF_REG_3].a);
  callee.retMin = S32_MIN;
  callee.retMax = S32_MAX;
};

/** A function that someone unknown may call, with arguments of which nothing is known. */
const setUnknownCallback: SetCallee = (_env, _caller, callee) => {
  for (let i = BPF_REG_1; i <= BPF_REG_5; i++) markNotModelled(callee.regs[i]);
  callee.inAsyncCallback = true;
  callee.retMin = S32_MIN;
  callee.retMax = S32_MAX;
};

/** Explores the functions that are given to a call of which nothing is known: it may call them. */
export function pushUnknownCallbacks(env: VerifierEnv): void {
  for (let i = BPF_REG_1; i <= BPF_REG_5; i++) {
    const reg = env.regs[i];
    if (reg.type !== PTR_TO_FUNC) continue;
    env.subprogs[reg.a].isAsyncCallback = true;
    pushAsyncCallback(env, reg.a, setUnknownCallback, env.sleepable);
  }
}

export const setFindVmaCallback: SetCallee = (env, caller, callee) => {
  assignReg(callee.regs[BPF_REG_1], caller.regs[BPF_REG_1]);
  setKernelPointer(env, callee.regs[BPF_REG_2], 'vm_area_struct', 0);
  assignReg(callee.regs[BPF_REG_3], caller.regs[BPF_REG_4]);
  clearFrom(callee, BPF_REG_4);
  callee.inCallback = true;
  returnsZeroOrOne(callee);
};

export const setUserRingbufCallback: SetCallee = (env, caller, callee) => {
  markDynptr(callee.regs[BPF_REG_1], DYNPTR_LOCAL, true, env.newId());
  assignReg(callee.regs[BPF_REG_2], caller.regs[BPF_REG_3]);
  clearFrom(callee, BPF_REG_3);
  callee.inCallback = true;
  returnsZeroOrOne(callee);
};

/** The comparison of a tree's nodes: both are the tree's. */
export function setRbtreeAddCallback(root: GraphRoot | undefined): SetCallee {
  return (env, _caller, callee) => {
    const isRefcounted = root !== undefined && hasField(recordOf(env.btf, root.valueType), 'refcount');
    for (const regno of [BPF_REG_1, BPF_REG_2]) {
      setGraphNode(env, callee.regs[regno], root);
      setNonOwning(callee.regs[regno], isRefcounted);
    }
    clearFrom(callee, BPF_REG_3);
    callee.inCallback = true;
    returnsZeroOrOne(callee);
  };
}
