/**
 * Externs: symbols that the object uses and somebody else has. BTF tells which section a declaration is in: `.kconfig` for
 * values of the kernel's configuration (kconfig.ts), `.ksyms` for the kernel's variables and functions (kfuncs).
 *
 *     ldimm64 rX, CONFIG_HZ     source BPF_PSEUDO_MAP_VALUE, immediate = index of the map `.kconfig`, offset of the value
 *     ldimm64 rX, runqueues     source BPF_PSEUDO_BTF_ID, immediate = BTF id of the variable
 *     ldimm64 rX, symbol        a variable declared `void`: its address
 *     call bpf_cast_to_kern_ctx source BPF_PSEUDO_KFUNC_CALL, immediate = BTF id of the function; offset = number of the
 *                               module it is in, counted from 1 among those the object uses, or 0
 *
 * A weak extern that the kernel does not have is address 0, and a call of BTF id 0. Source:
 * `bpf_object__collect_externs()`, `bpf_object__resolve_externs()` and `bpf_object__relocate_data()`,
 * tools/lib/bpf/libbpf.c, Linux 6.12, but for two things that are as libbpf 1.1 has them: calls of absent weak functions (later
 * ones make them invalid), and names of functions with a flavor, which stand for themselves (1.4 cuts the flavor off).
 */
import { codeOf, withOff, withSrc } from '../isa/insn.js';
import {
  BPF_CALL,
  BPF_JMP,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_VALUE,
} from '../isa/opcodes.js';
import { BTF_KIND_DATASEC, BTF_KIND_FUNC, BTF_KIND_VAR, BTF_LINKAGE_EXTERN } from './btf-kinds.js';
import type { Btf } from './btf.js';
import { CoreError, TypeRelations } from './core-types.js';
import { STB_GLOBAL, STB_WEAK, STT_NOTYPE } from './elf.js';
import type { ElfFile, ElfSymbol } from './elf.js';
import { SHN_UNDEF } from './elf-sections.js';
import { kconfigMap } from './kconfig.js';
import type { KconfigExtern } from './kconfig.js';
import type { KernelModule, KernelTarget } from './kernel-target.js';
import type { MapDef } from './program.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** What an instruction that uses an extern becomes, or why it cannot: one line. */
type Resolution =
  | { readonly kind: 'problem'; readonly reason: string }
  | { readonly kind: 'kconfig'; readonly offset: number }
  /** `module` counts the modules that the object uses from 1 on; 0 is the kernel itself. */
  | { readonly kind: 'btf'; readonly id: number; readonly module: number }
  | { readonly kind: 'address'; readonly address: bigint };

/** An extern as the object declares it. */
interface Declared extends KconfigExtern {
  /** Index of its symbol. */
  readonly symbol: number;
  /** Id of the VAR or FUNC, 0 when there is none. */
  readonly id: number;
  /** The DATASEC that lists it. */
  readonly section: string | undefined;
}

/** Most externs of an object. */
const MAX_EXTERNS = 65_536;

/** Is the symbol one that another file or the kernel has to provide? */
export function isExtern(symbol: ElfSymbol): boolean {
  return (
    symbol.section === SHN_UNDEF &&
    symbol.type === STT_NOTYPE &&
    (symbol.binding === STB_GLOBAL || symbol.binding === STB_WEAK)
  );
}

/** The externs of an object, resolved against a kernel as far as one is given. */
export class Externs {
  /** The map of configuration values; absent when the object declares none. */
  readonly kconfig: MapDef | undefined;
  private readonly bySymbol = new Map<number, Resolution>();
  /** Modules whose functions are called, the first of them number 1. */
  readonly modules: KernelModule[] = [];
  /** Kernel symbols that are there, by the address put in for them; per-cpu ones up to 6.12 are small numbers and no part. */
  readonly symbolsByAddress = new Map<bigint, string>();

  /**
   * @param fileName goes into the name of the map
   * @throws what `bad` makes for more externs than any object has
   */
  constructor(
    elf: ElfFile,
    private readonly btf: Btf | undefined,
    private readonly target: KernelTarget | undefined,
    fileName: string,
    bad: ErrorMaker,
  ) {
    const values: Declared[] = [];
    const symbols: Declared[] = [];
    let sections: Map<number, string> | undefined;
    for (let i = 0; i < elf.symbolCount; i++) {
      const symbol = elf.symbol(i);
      if (!isExtern(symbol)) continue;
      const name = elf.symbolName(symbol);
      if (name === '') continue;
      if (values.length + symbols.length === MAX_EXTERNS) throw bad(`more than ${MAX_EXTERNS} externs`);
      const id = btf === undefined ? 0 : declarationOf(name, btf);
      sections ??= declaredSections(btf);
      const section = sections.get(id);
      const extern = {
        symbol: i,
        name,
        weak: symbol.binding === STB_WEAK,
        id,
        type: typeOf(id, btf),
        section,
      };
      const isValue = section === '.kconfig' && btf?.kind(id) === BTF_KIND_VAR;
      (isValue ? values : symbols).push(extern);
    }
    // Modules are numbered as they are met, in the order of the names.
    symbols.sort((a, b) => compareNames(a.name, b.name));
    for (const extern of symbols) this.bySymbol.set(extern.symbol, this.resolve(extern));
    if (btf === undefined || values.length === 0) return;
    const { map, places } = kconfigMap(values, btf, target, fileName);
    this.kconfig = map;
    for (const value of values) {
      const place = places.get(value)!;
      this.bySymbol.set(
        value.symbol,
        place.problem === undefined
          ? { kind: 'kconfig', offset: place.offset }
          : problem(`extern "${printable(value.name)}" (.kconfig) ${place.problem}`),
      );
    }
  }

  private resolve({ name, weak, id, type, section }: Declared): Resolution {
    const { btf, target } = this;
    const shown = printable(name);
    if (btf === undefined || id === 0) return problem(`extern "${shown}" has no BTF declaration`);
    if (section !== '.ksyms') {
      return problem(
        `extern "${shown}" is in section "${printable(section ?? '')}", not in .ksyms or .kconfig`,
      );
    }
    const isFunction = btf.kind(id) === BTF_KIND_FUNC;
    const what = `kernel ${isFunction ? 'function' : 'variable'} "${shown}" (.ksyms)`;
    const localType = btf.skipModifiers(type);
    if (localType === 0) return this.resolveAddress(name, weak);
    if (target === undefined) return problem(`${what} needs a kernel's BTF`);

    const found = findInKernel(name, isFunction ? BTF_KIND_FUNC : BTF_KIND_VAR, target);
    if (found === undefined) return weak ? ABSENT : problem(`${what} is not in the kernel's BTF`);
    const { id: targetId, btf: targetBtf, module } = found;
    if (!sameType(btf, localType, targetBtf, targetBtf.skipModifiers(targetBtf.type(targetId)))) {
      return weak && isFunction ? ABSENT : problem(`${what} has another type in the kernel`);
    }
    if (module === undefined) return { kind: 'btf', id: targetId, module: 0 };
    if (!isFunction) return problem(`${what} is in module "${module.name}", which only functions can be`);
    if (!this.modules.includes(module)) this.modules.push(module);
    return { kind: 'btf', id: targetId, module: this.modules.indexOf(module) + 1 };
  }

  private resolveAddress(name: string, weak: boolean): Resolution {
    const { target } = this;
    if (target?.symbolAddress === undefined) {
      return problem(`kernel symbol "${printable(name)}" (.ksyms) needs the kernel's symbol addresses`);
    }
    const address = target.symbolAddress(name);
    if (address !== undefined) {
      if (address >= KERNEL_HALF) this.symbolsByAddress.set(address, name);
      return { kind: 'address', address };
    }
    return weak ? ABSENT : problem(`kernel symbol "${printable(name)}" (.ksyms) is not in the kernel`);
  }

  /**
   * Makes the instruction at `slot` use the extern of a symbol.
   * @param kconfigIndex index of the `.kconfig` map
   * @returns what is wrong, or undefined
   */
  apply(
    symbol: number,
    words: Int32Array,
    slot: number,
    kconfigIndex: number | undefined,
  ): string | undefined {
    const resolution = this.bySymbol.get(symbol) ?? problem('an extern has no name');
    const w0 = words[2 * slot];
    if (codeOf(w0) === (BPF_JMP | BPF_CALL)) {
      if (resolution.kind === 'problem') return resolution.reason;
      if (resolution.kind === 'kconfig') return 'call of a configuration value';
      const { id, module } = resolution.kind === 'btf' ? resolution : { id: 0, module: 0 };
      words[2 * slot] = withOff(withSrc(w0, BPF_PSEUDO_KFUNC_CALL), module);
      words[2 * slot + 1] = id;
      return undefined;
    }
    switch (resolution.kind) {
      case 'problem':
        return resolution.reason;
      case 'kconfig':
        words[2 * slot] = withSrc(w0, BPF_PSEUDO_MAP_VALUE);
        words[2 * slot + 1] = kconfigIndex ?? -1;
        words[2 * slot + 3] = resolution.offset;
        return undefined;
      case 'btf':
        if (resolution.module !== 0) return 'the address of a function of a kernel module is not supported';
        words[2 * slot] = withSrc(w0, BPF_PSEUDO_BTF_ID);
        words[2 * slot + 1] = resolution.id;
        words[2 * slot + 3] = 0;
        return undefined;
      case 'address':
        words[2 * slot + 1] = Number(BigInt.asIntN(32, resolution.address));
        words[2 * slot + 3] = Number(BigInt.asIntN(32, resolution.address >> 32n));
        return undefined;
    }
  }
}

/** From here on numbers are addresses of the kernel. */
const KERNEL_HALF = 1n << 63n;

/** A weak extern that the kernel does not have. */
const ABSENT: Resolution = { kind: 'address', address: 0n };

function problem(reason: string): Resolution {
  return { kind: 'problem', reason };
}

function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function typeOf(id: number, btf: Btf | undefined): number {
  return btf === undefined || id === 0 ? 0 : btf.type(id);
}

function sameType(local: Btf, localType: number, target: Btf, targetType: number): boolean {
  try {
    return new TypeRelations(local, target).typesCompatible(localType, targetType);
  } catch (error) {
    if (error instanceof CoreError) return false;
    throw error;
  }
}

/** The kernel's own function or variable of that name, or the first module's that has one. */
function findInKernel(
  name: string,
  kind: number,
  target: KernelTarget,
): { id: number; btf: Btf; module: KernelModule | undefined } | undefined {
  const id = target.btf.findByName(name, kind);
  if (id !== 0) return { id, btf: target.btf, module: undefined };
  for (const module of target.modules ?? []) {
    const { btf } = module;
    const own = btf.idsByName(name).find((type) => type >= target.btf.typeCount && btf.kind(type) === kind);
    if (own !== undefined) return { id: own, btf, module };
  }
  return undefined;
}

/** The first variable or function of that name, if it is declared extern; 0 otherwise. */
function declarationOf(name: string, btf: Btf): number {
  for (const id of btf.idsByName(name)) {
    const kind = btf.kind(id);
    if (kind === BTF_KIND_VAR) return btf.varLinkage(id) === BTF_LINKAGE_EXTERN ? id : 0;
    if (kind === BTF_KIND_FUNC) return btf.vlen(id) === BTF_LINKAGE_EXTERN ? id : 0;
  }
  return 0;
}

/** Name of the data section that each variable or function is listed in, by its id. */
function declaredSections(btf: Btf | undefined): Map<number, string> {
  const sections = new Map<number, string>();
  for (let id = 1; id < (btf?.typeCount ?? 0); id++) {
    if (btf!.kind(id) !== BTF_KIND_DATASEC) continue;
    for (let i = 0; i < btf!.vlen(id); i++) {
      const { type } = btf!.secInfo(id, i);
      if (!sections.has(type)) sections.set(type, btf!.typeName(id));
    }
  }
  return sections;
}
