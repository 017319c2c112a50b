/** The kernel that made goldens or records, as far as our programs have to be made for it and named like its own. */
import type { KernelProfile } from '../kernel/profile.js';
import type { Btf, KernelModule, KernelTarget } from '../object/index.js';
import type { GoldenKernel } from './golden-format.js';

/** What is known about the kernel's symbols; all empty for records without `kernel.json`. */
export type KernelNames = Pick<GoldenKernel, 'aliases' | 'symbols'>;

/** What the passes name although no kernel symbol has the name: objects that are allocated when a program is loaded. */
const ALLOCATED: ReadonlySet<string> = new Set(['bpf_prog_aux', 'btf_struct_meta', 'bpf_map']);
/** The goldens' name of every such object. */
const HEAP = 'heap';

export class KernelSymbols {
  /** Every name to the one the goldens have. */
  readonly #preferred = new Map<string, string>();
  readonly #byAddress = new Map<bigint, string>();
  readonly #addresses = new Map<string, bigint>();

  constructor(
    { aliases, symbols }: KernelNames,
    private readonly profile: KernelProfile,
  ) {
    for (const [name, others] of Object.entries(aliases)) {
      for (const other of others) this.#preferred.set(other, name);
    }
    for (const [name, address] of Object.entries(symbols)) {
      const value = BigInt(`0x${address}`);
      this.#byAddress.set(value, name);
      for (const each of [name, ...(aliases[name] ?? [])]) this.#addresses.set(each, value);
    }
  }

  /**
   * The name our symbol has in the goldens: of several names of one address the same one, `variable+0xDISTANCE` for
   * `variable.member`, and `heap` for an object that the kernel allocates per load.
   */
  canonical(name: string): string {
    if (ALLOCATED.has(name)) return HEAP;
    return this.#preferred.get(name) ?? this.#withDistance(name);
  }

  /** Address that libbpf has put in for an untyped symbol. */
  address(name: string): bigint | undefined {
    return this.#addresses.get(name);
  }

  /** The goldens' name of such an address. */
  nameAt(address: bigint): string | undefined {
    return this.#byAddress.get(address);
  }

  #withDistance(name: string): string {
    const dot = name.indexOf('.');
    if (dot <= 0) return name;
    try {
      const { offset } = this.profile.member(name.slice(0, dot), name.slice(dot + 1));
      return offset === 0 ? name.slice(0, dot) : `${name.slice(0, dot)}+0x${offset.toString(16)}`;
    } catch {
      return name;
    }
  }
}

/** A kernel to relocate against with the addresses that the goldens know. */
export class GoldenTarget implements KernelTarget {
  constructor(
    private readonly image: KernelTarget,
    private readonly symbols: KernelSymbols,
  ) {}

  get btf(): Btf {
    return this.image.btf;
  }

  get release(): string {
    return this.image.release ?? '';
  }

  get config(): ReadonlyMap<string, string> {
    return this.image.config ?? new Map<string, string>();
  }

  get modules(): readonly KernelModule[] {
    return this.image.modules ?? [];
  }

  readonly symbolAddress = (name: string): bigint | undefined =>
    this.symbols.address(name) ?? this.image.symbolAddress?.(name);
}
