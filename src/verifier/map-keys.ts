/**
 * Keys that are known when a map is looked into: then an array's lookup finds a value for certain (`get_constant_map_key()`,
 * `can_elide_value_nullness()`, kernel/bpf/verifier.c, Linux 7.2).
 */
import { MAP_TYPE } from '../kernel/types.js';
import type { VerifierEnv } from './env.js';
import type { MapInfo } from './maps.js';
import { markWantedPrecise, wantSlot } from './precision.js';
import { PTR_TO_STACK } from './reg-types.js';
import type { Reg } from './register.js';
import { isSpilledScalar, slotOf, slotType, STACK_SPILL, STACK_ZERO } from './stack-slots.js';

/** An inner map may have another number of entries than its template. */
const BPF_F_INNER_MAP = 1 << 12;

/** Does the register point to a key, known and on the stack, that the map has? What it was made of becomes precise. */
export function hasKnownKey(env: VerifierEnv, map: MapInfo, reg: Reg): boolean {
  const { type, flags, keySize, maxEntries } = map.def;
  if (type !== MAP_TYPE.ARRAY && type !== MAP_TYPE.PERCPU_ARRAY) return false;
  if ((flags & BPF_F_INNER_MAP) !== 0) return false;
  if (reg.type !== PTR_TO_STACK || !reg.isConst()) return false;
  const off = (reg.vl + reg.off) | 0;
  const frame = env.frameOf(reg);
  const slotNumber = slotOf(off);
  if (off >= 0 || slotNumber >= frame.stack.length) return false;
  const slot = frame.stack[slotNumber];
  const first = (-off - 1) & 7;
  if (run(slot.slotTypes, first, STACK_ZERO) >= keySize) return maxEntries > 0;
  if (!isSpilledScalar(slot) || run(slot.slotTypes, first, STACK_SPILL) !== keySize || !slot.isConst())
    return false;
  wantSlot(reg.frameno, slotNumber);
  markWantedPrecise(env);
  return slot.vh === 0 && slot.vl >>> 0 < maxEntries;
}

/** How many bytes from `first` down are of the type. */
function run(types: number, first: number, type: number): number {
  let count = 0;
  while (count <= first && slotType(types, first - count) === type) count++;
  return count;
}
