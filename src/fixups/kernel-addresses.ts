/**
 * Instructions whose immediate is a kernel address. In its place stands a number of the symbol table, and the
 * instruction's aux record says so, for a dump to give it its name back.
 */
import { ldImm64 } from '../isa/builders.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Pos } from '../../strategies/store.js';
import { AUX_FLAGS, FLAG_SYMBOL_ADDRESS } from '../verifier/facts.js';
import type { FixupEnv } from './pass.js';

/** Upper half of every address of the kernel's image on x86-64. */
const KERNEL_ADDRESS_HIGH = -1;

/** Appends the load of a symbol's address; its two slots count from `patch.length` before the call. */
export function loadKernelAddress(env: FixupEnv, patch: PatchBuffer, register: number, symbol: string): void {
  ldImm64(patch, register, env.symbols.number(symbol), KERNEL_ADDRESS_HIGH);
}

/**
 * Marks instructions of the patch that was put in last.
 * @param last position of the patch's last instruction
 * @param length instructions of the patch
 * @param marked which of them hold a symbol's number; not the last one
 */
export function markKernelAddresses(
  env: FixupEnv,
  last: Pos,
  length: number,
  marked: readonly number[],
): void {
  let pos = last;
  for (let at = length - 2; at >= 0; at--) {
    pos = env.store.prev(pos);
    if (marked.includes(at)) env.store.setAux(pos, AUX_FLAGS, FLAG_SYMBOL_ADDRESS);
  }
}
