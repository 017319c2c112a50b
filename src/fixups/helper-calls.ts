/**
 * What becomes of helper calls: tail calls get an opcode of their own, map operations call the map type's function or
 * go in line, all others get the kernel function behind the helper (`do_misc_fixups()`, kernel/bpf/verifier.c,
 * Linux 6.12, privileged). Only what changes the number of instructions, or replaces one by another, is a patch.
 */
import { BPF_CALL, BPF_JMP, BPF_TAIL_CALL } from '../isa/opcodes.js';
import { word0 } from '../isa/insn.js';
import type { Pos } from '../../strategies/store.js';
import {
  BPF_FUNC_for_each_map_elem,
  BPF_FUNC_jiffies64,
  BPF_FUNC_get_current_task,
  BPF_FUNC_get_current_task_btf,
  BPF_FUNC_get_smp_processor_id,
  BPF_FUNC_map_delete_elem,
  BPF_FUNC_map_lookup_elem,
  BPF_FUNC_map_lookup_percpu_elem,
  BPF_FUNC_map_peek_elem,
  BPF_FUNC_map_pop_elem,
  BPF_FUNC_map_push_elem,
  BPF_FUNC_map_update_elem,
  BPF_FUNC_redirect_map,
  BPF_FUNC_tail_call,
  BPF_FUNC_timer_set_callback,
} from '../kernel/special-helpers.js';
import { AUX_MAP, AUX_MAP_KEY, AUX_MAP_KEY_STATE, MAP_KEY_CONST, MAP_POISONED } from '../verifier/facts.js';
import { addCallArguments, inlineHelper } from './helper-inlining.js';
import { markKernelAddresses } from './kernel-addresses.js';
import { genLookup } from './map-gen-lookup.js';
import { FixupError, type FixupEnv } from './pass.js';

const HELPER_CALL = word0(BPF_JMP | BPF_CALL, 0, 0, 0);
const TAIL_CALL = word0(BPF_JMP | BPF_TAIL_CALL, 0, 0, 0);

/** Helpers that are an operation of the map they are given. */
const MAP_OPERATIONS = new Set([
  BPF_FUNC_map_lookup_elem,
  BPF_FUNC_map_update_elem,
  BPF_FUNC_map_delete_elem,
  BPF_FUNC_map_push_elem,
  BPF_FUNC_map_pop_elem,
  BPF_FUNC_map_peek_elem,
  BPF_FUNC_redirect_map,
  BPF_FUNC_for_each_map_elem,
  BPF_FUNC_map_lookup_percpu_elem,
]);

/** Helpers whose in-line form begins with a kernel address. */
const LOADING_ADDRESSES = new Set([
  BPF_FUNC_jiffies64,
  BPF_FUNC_get_smp_processor_id,
  BPF_FUNC_get_current_task,
  BPF_FUNC_get_current_task_btf,
]);

/** Rewrites the helper call at `pos`; returns the position of its last instruction. */
export function rewriteHelperCall(env: FixupEnv, pos: Pos, helper: number): Pos {
  const { store, patcher } = env;
  if (helper === BPF_FUNC_tail_call) return rewriteTailCall(env, pos);

  const patch = env.patch.clear();
  if (addCallArguments(env, patch, pos, helper)) {
    const length = patch.push(HELPER_CALL, helper).length;
    const call = patcher.replace(pos, patch);
    if (helper === BPF_FUNC_timer_set_callback) markKernelAddresses(env, call, length, [0]);
    setCallee(env, call, helperFunction(env, helper));
    return call;
  }

  const map = store.aux(pos, AUX_MAP);
  if (MAP_OPERATIONS.has(helper) && map !== 0 && map !== MAP_POISONED)
    return rewriteMapOperation(env, pos, helper, map - 1);

  if (inlineHelper(env, patch, helper)) {
    const length = patch.length;
    const last = patcher.replace(pos, patch);
    if (LOADING_ADDRESSES.has(helper)) markKernelAddresses(env, last, length, [0]);
    return last;
  }
  setCallee(env, pos, helperFunction(env, helper));
  return pos;
}

/** A tail call with a known map and key gets a poke descriptor, whose index plus one is the immediate. */
function rewriteTailCall(env: FixupEnv, pos: Pos): Pos {
  const { store } = env;
  const map = store.aux(pos, AUX_MAP);
  const known =
    !env.blindConstants &&
    map !== 0 &&
    map !== MAP_POISONED &&
    store.aux(pos, AUX_MAP_KEY_STATE) === MAP_KEY_CONST;
  const poke = known ? store.addPoke(pos, { map: map - 1, key: store.aux(pos, AUX_MAP_KEY) }) + 1 : 0;
  store.setWords(pos, TAIL_CALL, poke);
  return pos;
}

function rewriteMapOperation(env: FixupEnv, pos: Pos, helper: number, mapIndex: number): Pos {
  const map = env.object.maps[mapIndex];
  const ops = env.profile.mapOps(map.type);
  if (ops === undefined)
    throw new FixupError(`map ${map.name}: Linux ${env.profile.release} has no map type ${map.type}`);
  if (helper === BPF_FUNC_map_lookup_elem && ops.genLookup !== undefined) {
    const patch = env.patch.clear();
    if (genLookup(patch, map, ops.genLookup, env.profile, env.symbols))
      return env.patcher.replace(pos, patch);
  }
  const callee = ops.direct.get(helper);
  if (callee === undefined) {
    const name = env.profile.helper(helper)?.name ?? `helper ${helper}`;
    throw new FixupError(`map ${map.name}: ${name} is no operation of its type (${map.type})`);
  }
  setCallee(env, pos, callee);
  return pos;
}

/** Makes the call at `pos` call a kernel function: in place, no patch. */
function setCallee(env: FixupEnv, pos: Pos, callee: string): void {
  env.store.setWords(pos, HELPER_CALL, env.symbols.number(callee));
}

function helperFunction(env: FixupEnv, helper: number): string {
  const proto = env.profile.helperFor(env.program, helper);
  if (proto === undefined) throw new FixupError(`helper ${helper} is not available to this program type`);
  return proto.func;
}
