/**
 * What the check learns about one access to a context: is it allowed, how wide is the field behind it, and what does the
 * loaded value point to (`struct bpf_insn_access_aux`, `check_ctx_access()` in kernel/bpf/verifier.c, Linux 6.12).
 *
 * Results are shared constants, one per outcome: asking allocates nothing.
 */
import type { KernelProfile } from '../profile.js';
import type { Layout } from './layouts.js';

/**
 * What a loaded context field is: `SCALAR`, or a kind of pointer named as in `enum bpf_reg_type`. `BTF_ARGUMENT` stands for an
 * argument of the traced function or hook, whose type only BTF tells.
 */
export type LoadedType =
  | 'SCALAR'
  | 'PTR_TO_PACKET'
  | 'PTR_TO_PACKET_META'
  | 'PTR_TO_PACKET_END'
  | 'PTR_TO_FLOW_KEYS'
  | 'PTR_TO_SOCKET'
  | 'PTR_TO_SOCKET_OR_NULL'
  | 'PTR_TO_SOCK_COMMON_OR_NULL'
  | 'PTR_TO_TP_BUFFER'
  | 'BTF_ARGUMENT';

export interface ContextAccess {
  readonly valid: boolean;
  /** Bytes of the whole field when narrower loads are allowed (`ctx_field_size`), 0 otherwise. */
  readonly fieldSize: number;
  /** What a load yields; `SCALAR` for stores. */
  readonly loaded: LoadedType;
  /** Kernel structure a `BTF_ARGUMENT` points to where the context's type says so; empty when the hook's BTF decides. */
  readonly struct: string;
}

/** One access, as a rule sees it. */
export interface Access {
  /** Byte offset from the start of the context; any integer. */
  readonly offset: number;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly write: boolean;
  /** Sign-extending load. */
  readonly signed: boolean;
  /** The expected attach type the kernel works with (`effectiveAttachType`). */
  readonly attachType: number;
  /** What the release allows beyond the common rules. */
  readonly contexts: ReleaseRules;
}

/** How releases differ in what they allow. */
export type ReleaseRules = Pick<KernelProfile['contexts'], 'kprobeStores' | 'sockOpsHwtstamp'>;

export type AccessRule = (access: Access) => ContextAccess;

function outcome(valid: boolean, fieldSize: number, loaded: LoadedType, struct = ''): ContextAccess {
  return Object.freeze({ valid, fieldSize, loaded, struct });
}

export const DENIED = outcome(false, 0, 'SCALAR');
/** Allowed as it is, and only as wide as it is. */
export const WHOLE = outcome(true, 0, 'SCALAR');

/** Allowed, of a field of four bytes. */
export const FIELD_4 = outcome(true, 4, 'SCALAR');

const FIELDS: Readonly<Record<number, ContextAccess>> = {
  2: outcome(true, 2, 'SCALAR'),
  4: FIELD_4,
  8: outcome(true, 8, 'SCALAR'),
};

const pointers = new Map<LoadedType, ContextAccess>();

/** Allowed, and the load yields a pointer. */
export function pointer(loaded: LoadedType): ContextAccess {
  let known = pointers.get(loaded);
  if (known === undefined) {
    known = outcome(true, 0, loaded);
    pointers.set(loaded, known);
  }
  return known;
}

/** Allowed, and the load yields a trusted pointer to a kernel structure. */
export function btfPointer(struct: string): ContextAccess {
  return outcome(true, 0, 'BTF_ARGUMENT', struct);
}

/** Allowed when exactly as wide as `size`. */
export function exactly(access: Access, size: number): ContextAccess {
  return access.size === size ? WHOLE : DENIED;
}

/**
 * A load of a field of `fieldSize` bytes or of a part of it (`bpf_ctx_record_field_size()`,
 * `bpf_ctx_narrow_access_ok()`, include/linux/filter.h).
 */
export function narrow(access: Access, fieldSize: number): ContextAccess {
  return access.size <= fieldSize ? FIELDS[fieldSize] : DENIED;
}

/** Is the access's first byte in the field, or in the run of fields from `first` to `last` (`bpf_ctx_range_till`)? */
export function within({ offset }: Access, struct: Layout, first: string, last = first): boolean {
  return offset >= struct.at(first) && offset < struct.end(last);
}

/** Does the access lie inside the structure and is it aligned to its size? */
export function aligned({ offset, size }: Access, struct: Layout): boolean {
  return offset >= 0 && offset < struct.size && offset % size === 0;
}

/** Eight bytes, aligned, inside a field (`bpf_ctx_wide_access_ok`). */
export function wide({ offset, size }: Access, struct: Layout, field: string): boolean {
  return size === 8 && offset >= struct.at(field) && offset + 8 <= struct.end(field) && offset % 8 === 0;
}
