/**
 * Which registers a path reads before it writes them, marked at the checkpoints the path came by: a later path with the
 * same values in the registers read needs no second exploration (`mark_reg_read()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { LIVE_READ, LIVE_READ32, LIVE_READ64, LIVE_WRITTEN } from './register.js';
import type { Reg } from './register.js';

/** Marks the read of `reg` at its parents from `parent` on, up to where the value was written. */
export function markRegRead(reg: Reg, parent: Reg | null, flag: number): void {
  let state = reg;
  let writes = parent === state.parent;
  while (parent !== null) {
    if (writes && (state.live & LIVE_WRITTEN) !== 0) break;
    if ((parent.live & LIVE_READ) === flag || (parent.live & LIVE_READ64) !== 0) break;
    parent.live |= flag;
    if (flag === LIVE_READ64) parent.live &= ~LIVE_READ32;
    state = parent;
    parent = state.parent;
    writes = true;
  }
}

/** Marks a full read of `reg`. */
export function markRead64(reg: Reg): void {
  markRegRead(reg, reg.parent, LIVE_READ64);
}
