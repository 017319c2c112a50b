/**
 * What distinguishes one kernel release from another, as far as the check and the rewriting depend on it. A release is
 * one file beside this one and one line in `index.ts`; no pass asks for a version.
 */

/**
 * One helper function of the kernel (`enum bpf_func_id`, `struct bpf_func_proto`) as programs of some type get it: the same
 * helper can have other arguments, and another kernel function behind it, for another type.
 */
export interface HelperProto {
  /** `BPF_FUNC_…` number. */
  readonly id: number;
  /** Name as programs call it, e.g. `bpf_map_lookup_elem`. */
  readonly name: string;
  /** Kernel function a call ends in, e.g. `bpf_xdp_redirect` for `bpf_redirect`; `-` for the tail call, never called. */
  readonly func: string;
  /**
   * What each of up to five arguments must be: `enum bpf_arg_type` without the prefix, e.g. `CONST_MAP_PTR`, in the
   * kernel's spelling, flags joined by `|`: `PTR_TO_MEM|MEM_RDONLY`.
   */
  readonly args: readonly string[];
  /** Per argument the bytes of `PTR_TO_FIXED_SIZE_MEM`, 0 for all others. */
  readonly argSizes: readonly number[];
  /** Per argument the kernel structure a BTF pointer must point to, `*` for any, empty for all others. */
  readonly argBtf: readonly string[];
  /** `enum bpf_return_type` without the prefix, e.g. `PTR_TO_MAP_VALUE_OR_NULL`, flags joined by `|`. */
  readonly ret: string;
  /** Kernel structure the returned BTF pointer points to, `*` when it depends on arguments; empty for other results. */
  readonly retBtf: string;
  /** Can sleep: for sleepable programs only. */
  readonly mightSleep: boolean;
  /** Takes packet pointers for memory. */
  readonly packetAccess: boolean;
  /** For programs under a GPL-compatible license only. */
  readonly gplOnly: boolean;
  /** The call may change packet data: packet pointers end. */
  readonly changesPacket: boolean;
  /** Declared `allow_fastcall`: only R0 and its arguments are clobbered (6.12 on). */
  readonly fastcall: boolean;
}

/** What of a program decides which helpers it gets; a `BpfProgram` is one. */
export interface HelperUser {
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** `expected_attach_type` as passed to the kernel. */
  readonly attachType: number;
  /** Load flags; `BPF_F_SLEEPABLE` counts. */
  readonly flags: number;
  /** Kernel function or iterator target the program is for; empty when it has none. */
  readonly attachTarget: string;
}

/** A map type's operations: the kernel functions behind its helpers (`struct bpf_map_ops`). */
export interface MapOps {
  /** Function behind each helper id that is called directly (`BPF_FUNC_map_lookup_elem` …); absent: not supported. */
  readonly direct: ReadonlyMap<number, string>;
  /** How a lookup is inlined; absent when the map type has no `map_gen_lookup`. */
  readonly genLookup?:
    | 'array'
    | 'percpu-array'
    | 'array-of-maps'
    | 'hash'
    | 'lru-hash'
    | 'hash-of-maps'
    | 'percpu-hash'
    | 'xsk'
    | 'resizable-hash';
}

/** Byte offset and size of a kernel structure's member, bit fields with their bit offset. */
export interface Member {
  readonly offset: number;
  readonly size: number;
  /** Present for bit fields: bit position from the member's byte offset, and width. */
  readonly bitOffset?: number;
  readonly bitSize?: number;
}

export interface KernelProfile {
  /** Release as users name it: `6.12`. */
  readonly release: string;
  /** Exact package version the tables were taken from. */
  readonly source: string;
  /** `sizeof(struct bpf_insn_aux_data)` in bytes; a multiple of 4. */
  readonly auxBytes: number;

  /** Rewriting steps the release has; see src/fixups/pipeline.ts. */
  readonly features: {
    /** Removes the spills and fills around fastcall helper calls (6.12). */
    readonly fastcall: boolean;
    /** `may_goto` is available (6.9). */
    readonly mayGoto: boolean;
    /** `bpf_get_smp_processor_id()` is inlined on x86-64 (6.10). */
    readonly inlineSmpProcessorId: boolean;
    /** Per-cpu map lookups are inlined with a per-cpu move (6.10). */
    readonly inlinePercpuLookup: boolean;
    /** `bpf_get_branch_snapshot()` is inlined (6.10). */
    readonly inlineBranchSnapshot: boolean;
    /** The inlined lookup of AF_XDP sockets compares the index as 64 bits (6.12 only) and not as 32. */
    readonly xskIndex64: boolean;
    /** `bpf_kptr_xchg()` is inlined (6.7). */
    readonly inlineKptrXchg: boolean;
    /** Signed division by constant -1 and by a register is guarded (6.6, the present form 6.11). */
    readonly signedDivisionGuards: boolean;
    /** A `may_goto` that aims at the next instruction is removed as a nop is (6.14). */
    readonly removesMayGotoNops: boolean;
    /** `may_goto` is bounded by time: its counter is refilled until that is up (6.15, x86-64). */
    readonly timedMayGoto: boolean;
    /** `bpf_get_current_task()` and its BTF form are inlined on x86-64 (7.0). */
    readonly inlineCurrentTask: boolean;
    /** Addresses of per-cpu variables are moved as 64 bits (6.15) and not as 32. */
    readonly percpuAddress64: boolean;
    /** The trampoline keeps the number of arguments in the low byte of its word only (7.0). */
    readonly maskedArgumentCount: boolean;
    /** Kernel functions on arenas and files have forms for callers that may not, or may, sleep (7.0). */
    readonly specialisedBySleeping: boolean;
    /** A dump shows calls that are too far for 16 bits with distance 0 (7.2) and not with its low 16 bits. */
    readonly dumpsFarCallsAsZero?: boolean;
  };

  /** Where releases convert context accesses differently; see src/fixups/context/. */
  readonly contexts: {
    /** `sk_buff` has a bit of its own for "VLAN tag present" (until 6.1); later the tag itself tells. */
    readonly vlanPresentBit: boolean;
    /** `sk_buff` tells kinds of time stamps apart by two bits (6.11); before by `mono_delivery_time` alone. */
    readonly tstampTypeBits: boolean;
    /** `MIN_NAPI_ID`: lower numbers are CPUs. */
    readonly minNapiId: number;
    /**
     * "No receive queue" is -1 as 64 bits and part of a two-byte field, not as 32 bits and of a four-byte one (a fix on 6.12's
     * branch).
     */
    readonly rxQueueNone64: boolean;
    /** Programs on kprobes may write to the registers they see (6.18). */
    readonly kprobeStores: boolean;
    /** `bpf_sock_ops` has the hardware time stamp (6.2). */
    readonly sockOpsHwtstamp: boolean;
    /** Member of `bpf_sock_ops_kern` that says whether fields of the TCP socket can be read. */
    readonly sockOpsGuard: string;
    /** Reading `bpf_sock_ops.rtt_min` is guarded like other fields of the TCP socket. */
    readonly sockOpsRttMinGuarded: boolean;
    /** Jumps to a program's start lead behind an inserted prologue (6.12). */
    readonly jumpsSkipPrologue: boolean;
    /** Sign-extending loads from an arena have a probe load of their own (7.0). */
    readonly arenaSignedLoads: boolean;
  };

  /** Where releases check programs differently; see src/verifier/. */
  readonly check: {
    /**
     * How the ranges of numbers are kept: four that narrow each other little (`early`, until 6.6) or much (`ranges`), or an
     * arc for 64 and one for 32 bits (`arcs`, 7.2).
     */
    readonly numbers: 'early' | 'ranges' | 'arcs';
    /** Jumps on numbers that are known whatever the path become plain jumps before the check (7.2). */
    readonly foldsConstants: boolean;
    /** Looking up a known key that an array has finds a value (6.14). */
    readonly findsKnownKeys: boolean;
    /**
     * Which numbers are known to depend on each other: only copies of 64 bits, any number of them (until 6.9); up to six,
     * 32-bit copies and sums of 64 bits with a constant among them; or also differences and sums of 32 bits (7.0).
     */
    readonly links: 'copies' | 'sums' | 'all';
    /** Only numbers of which something is known are told apart from other data on the stack (until 6.7). */
    readonly spillsBounded: boolean;
    /** Stack that a helper only reads keeps what is known of it (6.13). */
    readonly keepsReadStack: boolean;
    /** A number loaded from the stack is linked with the one that stays there (7.2). */
    readonly linksFills: boolean;
    /** Kinds of pointers known not to be null when they are compared with 0: few until 6.5, most in 7.2. */
    readonly nullChecks: 'few' | 'more' | 'most';
    /** The two outcomes of a held socket's cast, and of a tail call in a subprogram, are two paths (7.2). */
    readonly forksCalls: boolean;
    /** Callbacks are explored as if they were called exactly once (until 6.7). */
    readonly callbacksOnce: boolean;
    /** Global functions are checked, and so kept, also where nothing calls them (until 6.7). */
    readonly checksUncalledGlobals: boolean;
    /** Calls of global functions leave packet pointers as they are, whatever the function does (until 6.12). */
    readonly globalsKeepPackets: boolean;
    /** Loads through kernel pointers are probes even where the pointer can be trusted (until 6.2). */
    readonly probesTrusted: boolean;
    /** Whether code may sleep is told path by path: in callbacks of sleepable programs' timers it may not (7.0). */
    readonly sleepsByPath: boolean;
    /** RCU sections may be nested (7.0). */
    readonly nestedRcu: boolean;
    /** Global functions may return nothing, and each begins a call chain of its own (7.2). */
    readonly looseGlobals: boolean;
  };

  /**
   * Allocation flags that calls of local storage lookups are given: in programs that may not sleep, and in others
   * (`GFP_ATOMIC`, `GFP_KERNEL`). Absent where the storage does not ask for them any more (7.0).
   */
  readonly storageAllocation?: { readonly atomic: number; readonly sleepable: number };
  /** Per-cpu variable, and member where it is a structure, that holds the CPU's number: `pcpu_hot.cpu_number`. */
  readonly cpuNumberSymbol: string;
  /** `BPF_REG_AX`: the register that only rewriting uses, 11 until 7.1 and 12 where R11 addresses stack arguments. */
  readonly scratchRegister: number;
  /** `BPF_MAX_LOOPS`. */
  readonly maxLoops: number;

  /** Helper by id, as most program types get it; undefined when no program of the release can call it. */
  helper(id: number): HelperProto | undefined;
  /** Helper by id as this program gets it; undefined when it is not available to the program. */
  helperFor(user: HelperUser, id: number): HelperProto | undefined;
  /** Is the helper available to programs of this type? */
  helperAllowed(progType: number, id: number): boolean;
  /**
   * The kernel function a helper call ends in for this program type: mostly the helper's own, for some types another
   * (`bpf_redirect` against `bpf_xdp_redirect`…). `helperFor(…).func` is the same and knows sleepable programs apart.
   * @throws Error when no program of the release can call the helper
   */
  helperFunction(progType: number, attachType: number, id: number): string;
  /** Operations of a map type (`enum bpf_map_type`); undefined when the release lacks it. */
  mapOps(mapType: number): MapOps | undefined;
  /**
   * A member of a kernel structure, by path: `member('sk_buff', 'len')`.
   * @throws Error when the profile has no such member: a profile is complete for the passes it serves
   */
  member(struct: string, path: string): Member;
  /** Size in bytes of a kernel structure. */
  structSize(struct: string): number;
}
