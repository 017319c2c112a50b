/** Ends of what pointers rely on: the packet stays where it is, RCU keeps an object (kernel/bpf/verifier.c, Linux 6.12). */
import type { VerifierEnv } from './env.js';
import { collectRegs } from './frames.js';
import {
  baseType,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  isPacketPointerOrEnd,
  MEM_RCU,
  PTR_MAYBE_NULL,
  PTR_TO_MEM,
  PTR_UNTRUSTED,
} from './reg-types.js';
import { markUnknown } from './register.js';

/** The packet may have moved: no pointer into it holds any more (`clear_all_pkt_pointers`). */
export function clearPacketPointers(env: VerifierEnv): void {
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    const isSlice =
      baseType(reg.type) === PTR_TO_MEM && (reg.type & (DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP)) !== 0;
    if (isPacketPointerOrEnd(reg.type) || isSlice) markUnknown(reg);
  }
}

/** Pointers that an RCU section or a lock protected are not to be trusted any more (`invalidate_rcu_protected_refs`). */
export function endRcuProtection(env: VerifierEnv): void {
  const count = collectRegs(env.cur, env.scratchRegs, true);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if ((reg.type & MEM_RCU) !== 0) reg.type = (reg.type & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED;
  }
}
