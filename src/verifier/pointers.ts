/** Pointers that were found not to be null, and what they can point to. */
import { MAP_TYPE } from '../kernel/types.js';
import type { VerifierEnv } from './env.js';
import {
  baseType,
  CONST_PTR_TO_MAP,
  PTR_MAYBE_NULL,
  PTR_TO_MAP_VALUE,
  PTR_TO_SOCKET,
  PTR_TO_XDP_SOCK,
} from './reg-types.js';
import type { Reg } from './register.js';
import { hasField } from './records.js';
import { hasAsyncField, recordOfReg } from './special-fields.js';

/** The pointer is not null: it is what it promised to be (`mark_ptr_not_null_reg`). */
export function markNotNull(env: VerifierEnv, reg: Reg): void {
  if (baseType(reg.type) !== PTR_TO_MAP_VALUE) {
    reg.type &= ~PTR_MAYBE_NULL;
    return;
  }
  const map = env.map(reg.a);
  if (map.inner !== null) {
    reg.type = CONST_PTR_TO_MAP;
    reg.a = map.inner.id;
    // Timers and work queues belong to one inner map among many of the same type.
    if (hasAsyncField(env, map.inner)) reg.b = reg.id;
  } else if (map.type === MAP_TYPE.XSKMAP) {
    reg.type = PTR_TO_XDP_SOCK;
  } else if (map.isSockMap) {
    reg.type = PTR_TO_SOCKET;
  } else {
    reg.type = PTR_TO_MAP_VALUE;
  }
}

/** May what the register points to hold a spin lock? */
export function mayPointToSpinLock(env: VerifierEnv, reg: Reg): boolean {
  return hasField(recordOfReg(env, reg), 'spin-lock');
}
