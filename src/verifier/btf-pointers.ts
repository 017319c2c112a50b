/**
 * Pointers into kernel structures. Which structure, and what its fields are, the kernel's BTF says; where that is not at
 * hand, a pointer-sized field is something not modelled and everything smaller a number.
 */
import type { ContextAccess } from '../kernel/contexts/index.js';
import type { VerifierEnv } from './env.js';
import { markNotModelled, markUnknown } from './register.js';
import type { Reg } from './register.js';

/** A load from, or a store to, a kernel structure (`check_ptr_to_btf_access`). */
export function loadBtfField(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  write: boolean,
  value: Reg | null,
): void {
  if (off < 0 || !reg.isConst()) env.refuse(`access to a kernel structure at offset ${off}`);
  if (write || value === null) return;
  if (size === 8) markNotModelled(value);
  else markUnknown(value);
}

/** A load of an argument of the traced function, or of a context field that is a pointer into the kernel. */
export function loadContextArgument(
  env: VerifierEnv,
  access: ContextAccess,
  off: number,
  size: number,
  value: Reg,
): void {
  env;
  access;
  off;
  if (size === 8) markNotModelled(value);
  else markUnknown(value);
}
