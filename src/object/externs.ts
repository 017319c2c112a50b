/**
 * Externs: symbols that the object uses and somebody else has. BTF tells which section a declaration is in: `.kconfig` for
 * values of the kernel's configuration (kconfig.ts), `.ksyms` for the kernel's variables and functions (kfuncs).
 *
 *     ldimm64 rX, CONFIG_HZ     source BPF_PSEUDO_MAP_VALUE, immediate = index of the map `.kconfig`, offset of the value
 *     ldimm64 rX, runqueues     source BPF_PSEUDO_BTF_ID, immediate = BTF id of the variable
 *     ldimm64 rX, symbol        a variable declared `void`: its address
 *     call bpf_cast_to_kern_ctx source BPF_PSEUDO_KFUNC_CALL, immediate = BTF id of the function
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
import { BTF_KIND_DATASEC, BTF_KIND_FUNC, BTF_KIND_VAR, BTF_LINKAGE_EXTERN } from './btf.js';
import type { Btf } from './btf.js';
import { CoreError, TypeRelations } from './core-types.js';
import { STB_GLOBAL, STB_WEAK, STT_NOTYPE } from './elf.js';
import type { ElfFile, ElfSymbol } from './elf.js';
import { SHN_UNDEF } from './elf-sections.js';
import { kconfigMap } from './kconfig.js';
import type { KconfigExtern } from './kconfig.js';
import type { KernelTarget } from './kernel-target.js';
import type { MapDef } from './program.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** What an instruction that uses an extern becomes, or why it cannot: one line. */
type Resolution =
  | { readonly kind: 'problem'; readonly reason: string }
  | { readonly kind: 'kconfig'; readonly offset: number }
  | { readonly kind: 'btf'; readonly id: number }
  | { readonly kind: 'address'; readonly address: bigint };

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
    const values: (KconfigExtern & { readonly symbol: number })[] = [];
    let sections: Map<number, string> | undefined;
    let count = 0;
    for (let i = 0; i < elf.symbolCount; i++) {
      const symbol = elf.symbol(i);
      if (!isExtern(symbol)) continue;
      if (++count > MAX_EXTERNS) throw bad(`more than ${MAX_EXTERNS} externs`);
      const name = elf.symbolName(symbol);
      if (name === '') continue;
      const weak = symbol.binding === STB_WEAK;
      const id = btf === undefined ? 0 : declarationOf(name, btf);
      sections ??= declaredSections(btf);
      const section = sections.get(id);
      if (section === '.kconfig' && btf?.kind(id) === BTF_KIND_VAR) {
        values.push({ symbol: i, name, weak, type: btf.type(id) });
      } else {
        this.bySymbol.set(i, this.resolve(name, weak, id, section));
      }
    }
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

  private resolve(name: string, weak: boolean, id: number, section: string | undefined): Resolution {
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
    const type = btf.skipModifiers(btf.type(id));
    if (type === 0) return this.resolveAddress(name, weak);
    if (target === undefined) return problem(`${what} needs a kernel's BTF`);

    const found = target.btf.findByName(name, isFunction ? BTF_KIND_FUNC : BTF_KIND_VAR);
    if (found === 0) return weak ? ABSENT : problem(`${what} is not in the kernel's BTF`);
    try {
      const same = new TypeRelations(btf, target.btf).typesCompatible(
        type,
        target.btf.skipModifiers(target.btf.type(found)),
      );
      if (same) return { kind: 'btf', id: found };
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
    }
    return weak && isFunction ? ABSENT : problem(`${what} has another type in the kernel`);
  }

  private resolveAddress(name: string, weak: boolean): Resolution {
    const { target } = this;
    if (target?.symbolAddress === undefined) {
      return problem(`kernel symbol "${printable(name)}" (.ksyms) needs the kernel's symbol addresses`);
    }
    const address = target.symbolAddress(name);
    if (address !== undefined) return { kind: 'address', address };
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
      words[2 * slot] = withOff(withSrc(w0, BPF_PSEUDO_KFUNC_CALL), 0);
      words[2 * slot + 1] = resolution.kind === 'btf' ? resolution.id : 0;
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

/** A weak extern that the kernel does not have. */
const ABSENT: Resolution = { kind: 'address', address: 0n };

function problem(reason: string): Resolution {
  return { kind: 'problem', reason };
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
