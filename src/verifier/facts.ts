/**
 * What the check leaves behind for the rewriting: the aux record of each instruction and a little per subprogram. The
 * kernel keeps the same in `struct bpf_insn_aux_data`, `struct bpf_subprog_info` and `struct bpf_verifier_env`
 * (include/linux/bpf_verifier.h, Linux 6.12).
 */
import { AUX_FREE } from '../../strategies/store.js';

/**
 * Words of the aux record behind the ones the stores know (strategies/store.ts: AUX_ORIG, AUX_SEEN, AUX_ZEXT). They fit
 * the narrowest kernel record, 14 words in 6.1; wider records end in zero words, as wide as that kernel's are.
 */
/** `PtrType` of the base register of a load, store or atomic. */
export const AUX_PTR_TYPE = AUX_FREE;
/** Full size in bytes of the context field a narrow load reads, 0 otherwise (`ctx_field_size`). */
export const AUX_CTX_FIELD_SIZE = AUX_FREE + 1;
/** Map of a helper call: its index in the object's maps plus one, `MAP_POISONED` when paths disagree, 0 for none. */
export const AUX_MAP = AUX_FREE + 2;
/** `MAP_KEY_…` state of a tail call's key. */
export const AUX_MAP_KEY_STATE = AUX_FREE + 3;
/** The constant key, where the state is `MAP_KEY_CONST`. */
export const AUX_MAP_KEY = AUX_FREE + 4;
/** Spills and fills around a fastcall helper call that can go (`fastcall_spills_num`). */
export const AUX_FASTCALL_SPILLS = AUX_FREE + 5;
/** A `bpf_loop` call that can be inlined: subprogram number of its callback plus one, 0 otherwise. */
export const AUX_LOOP_CALLBACK = AUX_FREE + 6;
/** Bits of `AuxFlag`. */
export const AUX_FLAGS = AUX_FREE + 7;
/** Masking of pointer arithmetic: state and limit (`alu_state`, `alu_limit`); unprivileged loads only. */
export const AUX_ALU_STATE = AUX_FREE + 8;
export const AUX_ALU_LIMIT = AUX_FREE + 9;
/** kfunc arguments: `insert_off` or `obj_new_size`. */
export const AUX_KFUNC_ARG = AUX_FREE + 10;
/** Of kfunc calls: BTF id, in the object's BTF, of the structure whose description the call gets; 0 for none. */
export const AUX_KFUNC_META = AUX_ALU_LIMIT;

/** `AUX_MAP` when several maps reach one call. */
export const MAP_POISONED = 0xffff_ffff;

/** `AUX_MAP_KEY_STATE`: not a keyed call, one known key, or several (poisoned). */
export const MAP_KEY_NONE = 0;
export const MAP_KEY_CONST = 1;
export const MAP_KEY_POISONED = 2;

/** Bits of `AUX_FLAGS`. */
export const FLAG_NEEDS_ZEXT = 1 << 0;
export const FLAG_STORAGE_GET_ATOMIC = 1 << 1;
export const FLAG_PERCPU_ALLOC_PTR = 1 << 2;
export const FLAG_SANITIZE_STACK_SPILL = 1 << 3;
/** Call that no path makes where the program may sleep; releases that choose functions by that read it (7.0). */
export const FLAG_NON_SLEEPABLE = 1 << 5;
/**
 * Set by passes, not by the check: the immediate is a `SymbolTable` number standing for a kernel address (the kernel's
 * own aux record has no such bit; there the address itself tells).
 */
export const FLAG_SYMBOL_ADDRESS = 1 << 4;

/** What the base register of an access points to, as far as rewriting depends on it (`enum bpf_reg_type`). */
export const PTR_NONE = 0;
export const PTR_TO_CTX = 1;
export const PTR_TO_SOCKET = 2;
export const PTR_TO_SOCK_COMMON = 3;
export const PTR_TO_TCP_SOCK = 4;
export const PTR_TO_XDP_SOCK = 5;
/** Pointer into a kernel structure whose loads become probe loads. */
export const PTR_TO_BTF_ID_PROBED = 6;
export const PTR_TO_ARENA = 7;
/** Anything that no pass rewrites: stack, map value, packet, memory, trusted kernel structures. */
export const PTR_OTHER = 8;

/** Per subprogram, by its number in the program as loaded. */
export interface SubprogFacts {
  /** Bytes of stack used below the frame pointer, as the check saw it. */
  stackDepth: number;
  /** Lowest stack offset in use besides fastcall spills (negative or 0), `fastcall_stack_off`. */
  fastcallStackOff: number;
  /** The fastcall spill slots are used otherwise too: their stack stays. */
  keepFastcallStack: boolean;
}

export interface Facts {
  /** `slots * auxWords` words, the records described above. */
  readonly aux: Uint32Array;
  readonly auxWords: number;
  /**
   * The instructions as the check leaves them, `2 * slots` words: jumps that it has made plain ones differ from the
   * program's. Absent when all are the program's.
   */
  readonly insns?: Int32Array;
  readonly subprogs: readonly SubprogFacts[];
  /** The program writes to packet data, so its type's prologue is needed. */
  readonly seenDirectWrite: boolean;
  /** The program throws; without a callback of its own, the kernel appends one. */
  readonly seenException?: boolean;
  /** Number of the subprogram that is called when the program throws; absent when there is none. */
  readonly exceptionCallback?: number;
  /** Instructions the analysis stepped through. */
  readonly steps: number;
  /**
   * What could not be derived, one line each naming the slot: then some rewrite may differ from the kernel's. Empty
   * for a program whose facts are complete.
   */
  readonly unknowns: readonly string[];
}

/** The analysis gave up: the program is one the kernel refuses, or past a limit. `message` names slot and cause. */
export class VerifierError extends Error {
  constructor(
    readonly slot: number,
    cause: string,
  ) {
    super(`insn ${slot}: ${cause}`);
    this.name = 'VerifierError';
  }
}
